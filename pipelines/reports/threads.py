"""Numbers and pages as threads: a message with its PDF, under it a reply for each person, and one for those beyond the cap."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.config.reports import Replies, Report
from pipelines.deliveries import File, Message, Thread
from pipelines.reports.messages import render
from pipelines.reports.numbers import Numbers
from pipelines.reports.pages import beyond_file, notes, period, person_file, report_file
from pipelines.reports.told import Row, Told, told
from pipelines.words import minute

Content = Callable[[str], bytes | str]  # the PDF of a page's name, or why there is none


def threads(report: Report, numbers: Numbers, content: Content, links: Mapping[str, str | None]) -> list[Thread]:
    """links: what the message template sees as `links`, name -> address. Without data it is one message that says so."""
    made = [_thread(report, numbers, each, content, links) for each in told(report, numbers.report, numbers.rows)]
    return made or [_nothing(report, numbers)]


def _nothing(report: Report, numbers: Numbers) -> Thread:
    message = Message("report", f"{report.title}, {period(numbers)}: no data.")
    return Thread(numbers.report, numbers.last_date, report.channel, _with_notes(message, numbers))


def _thread(report: Report, numbers: Numbers, each: Told, content: Content, links: Mapping[str, str | None]) -> Thread:
    seen = {"report": report, "rows": numbers.rows, "thread": each.row, "date": numbers.last_date, "links": links}
    name, title = numbers.report, report.title
    if each.row is not None:
        name, title = f"{name}/{each.key}", f"{title}: {each.key.replace('_', ' ')}"
    parent = _message("report", render(report.message, numbers.zone, **seen), report_file(each), title, content)
    replies = _replies(report.replies, numbers, each, seen, content) if report.replies else []
    noted = _with_notes(parent, numbers)
    return Thread(name, numbers.last_date, report.channel, noted, tuple(replies))


def _with_notes(message: Message, numbers: Numbers) -> Message:
    stand = (
        f"Data up to {minute(numbers.as_of, numbers.zone)} ({numbers.zone}), ledger position {numbers.ledger_position}."
    )
    return replace(message, text="\n".join([message.text, *notes(numbers), stand]))


def _replies(replies: Replies, numbers: Numbers, each: Told, seen: dict[str, Any], content: Content) -> list[Message]:
    made = [_reply(replies, numbers, each, row, seen, content) for row in each.replies]
    if each.beyond:
        text = f"{len(each.beyond)} more are in this one document."
        made.append(_message("others", text, beyond_file(each), "All others", content))
    return made


def _reply(replies: Replies, numbers: Numbers, each: Told, row: Row, seen: dict[str, Any], content: Content) -> Message:
    person = row[replies.person]
    text = render(replies.message, numbers.zone, **seen, person=row)
    return _message(f"person:{person}", text, person_file(each, person), person, content, person)


def _message(key: str, text: str, file: str, title: str, content: Content, person: str | None = None) -> Message:
    """Without its PDF where that could not be drawn: the text has the same figures, and says so."""
    pdf = content(file)
    if isinstance(pdf, str):
        return Message(key, f"{text}\nThe PDF could not be drawn ({pdf}); the figures are those above.", person)
    return Message(key, text, person, files=(File(Path(file).name, title, pdf),))
