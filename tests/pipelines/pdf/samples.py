"""A report and a person's page as a team would get them, with what users call themselves."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pipelines.pdf import Page
from pipelines.pdf.parts import Column, Day, Moment, Stage, Step, Table, Tile

FOLDER = Path(__file__).with_name("templates")
HEAD = {
    "title": "Daily report",
    "period": "Thu, 26 Nov 2026",
    "zone": "Europe/Berlin",
    "as_of": datetime(2026, 11, 27, 4, tzinfo=UTC),
    "ledger_position": 35218,
    "about": "What 4,756 persons did on Thursday, and how it compares.",
}
ODD = (
    "Zoë Müller",
    "Иван Петров",
    "Ελένη Παπαδοπούλου",
    "Nguyễn Văn Á",
    "محمد بن سلمان",
    "שלום עולם",
    "👩‍👩‍👧 family 🎉 🇩🇪",
    "a → b ✓ ≥ 3",
    "<script>alert(1)</script>",
    "<b>bold</b> &amp; &lt;",
    "{{7*7}} {% raw %} ${7*7}",
    "'; drop table x; --",
    "=1+1",
    "<!channel>",
    "../../etc/passwd",
    "Z̴̡̢͓̳̜̺̽̅̈́̾͌a̷͙̪̐̄̈́̅l̵̨̛͔̯̞͋̒͊̕g̸̢̛̬̹̎̿̃͘o̶̧̮̦̐",
    "中文名字",
)

TILES = (
    Tile("Active persons", 797, 760, 731, (612, 640, 655, 590, None, 700, 720, 690, 745, 730, None, None, 760, 797)),
    Tile("New sign-ups", 164, 171, 158.5, (150, 160, 155, 171, 164)),
    Tile("Activation", 0.412, 0.398, 0.405, (0.4, 0.39, None, 0.41, 0.398, 0.412), "ratio"),
    Tile("Median session", 276.38, 276.38, 260, (240, None, 250, 260, 276.38), "seconds"),
    Tile("Failed deployments", 31, 0, None),
    Tile("A key figure with a long name that needs two lines", None, 3, 4, (None, None)),
)
STEPS = (
    Step("Visited pricing", 1044),
    Step("Signed up", 412, 184),
    Step("Created a project", 301, 611, is_optional=True),
    Step("Deployed for the first time, from the command line or the web page", 120, 121000),
    Step("Invited a colleague", None),
)
STAGES = (
    Stage("visitor", 2310, 188, 171),
    Stage("signed_up", 611, 164, 120),
    Stage("activated", 288, 96, 80),
    Stage("active", 702, 101, 77),
    Stage("inactive", 812, 77, 19, is_quiet=True),
    Stage("resurrected", 33, 19, None),
)


def table(row_count: int) -> Table:
    kinds = Column("Page"), Column("Views", "count"), Column("Conversion", "ratio"), Column("Median time", "seconds")
    rows = [_row(at) for at in range(row_count)]
    return Table(kinds, rows)


def _row(at: int) -> tuple[str, int, float | None, float]:
    name = ODD[at] if at < len(ODD) else f"/docs/section-{at}/page"
    return name, 90_000 - at * 97, None if at % 9 == 0 else (at % 37) / 37, 3.5 * at


def report(row_count: int = 120, **others) -> Page:
    days = [Day(date(2026, 10, 28) + timedelta(at), None if at == 12 else 500 + at * 37 % 290) for at in range(30)]
    parts = {"tiles": TILES, "days": days, "funnel": STEPS, "stages": STAGES, "table": table(row_count)}
    return Page("report of 2026-11-26", "report.html", HEAD | parts | others, FOLDER)


def person(moment_count: int = 60, **others) -> Page:
    facts = [("Ids", "user u-4711, anonymous a-93"), ("Stage", "active since 2026-11-20"), ("Owner", None)]
    parts = {"title": "u-4711 · Zoë Müller", "paper": "Letter", "facts": facts}
    return Page("person u-4711", "person.html", HEAD | parts | {"moments": moments(moment_count)} | others, FOLDER)


def moments(count: int) -> list[Moment]:
    first = datetime(2026, 11, 25, 8, tzinfo=UTC)
    return [_moment(at, first + timedelta(minutes=47 * at)) for at in range(count)]


def _moment(at: int, when: datetime) -> Moment:
    if at % 5 == 1:
        return Moment(when, "Deployed", seconds=600, outcome="failed", error="TimeoutError: api-gateway took too long")
    if at % 3 == 0:
        return Moment(when, f"Viewed a page as {ODD[at // 3 % len(ODD)]}", "/docs/start")
    return Moment(when, "Ran a build", seconds=at * 7.3, outcome="ok" if at % 2 else "open")
