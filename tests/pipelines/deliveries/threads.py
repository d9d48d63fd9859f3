"""A report as a test needs it: a summary with a PDF, and a reply a person."""

from datetime import date

from pipelines.deliveries import File, Message, Thread, blocks

PDF = b"%PDF-1.7\n" + b"figures " * 200
CHANNEL = "C0123456789"
DAY = date(2026, 11, 26)


def parent(
    text: str = "41 new sign-ups", files: tuple[File, ...] = (File("daily.pdf", "Daily report", PDF),)
) -> Message:
    return Message("summary", text, blocks=(blocks.header("Daily report"), blocks.section(text)), files=files)


def about(user: str, text: str = "has deployed again") -> Message:
    return Message(f"person:web/user/{user}", f"{user} {text}", f"web/user/{user}", (blocks.section(f"{user} {text}"),))


def thread(*users: str, report: str = "daily", summary: Message | None = None) -> Thread:
    return Thread(report, DAY, CHANNEL, summary or parent(), tuple(map(about, users)))
