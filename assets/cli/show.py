"""How the terminal shows things: tables, progress, what to look at next."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.refresh import Refreshed

console = Console()


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence], broken: Collection[str] = ()) -> None:
    """Numbers to the right, with thousands separated; null as a dash. Wider than the terminal: lines run on, uncut.

    broken: columns whose cells are broken into several lines, so that all fits.
    """
    rows = [list(row) for row in rows]
    shown = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for index, column in enumerate(columns):
        is_number = any(isinstance(row[index], int | float) and not isinstance(row[index], bool) for row in rows)
        justify = "right" if is_number else "left"
        shown.add_column(column, justify=justify, no_wrap=column not in broken, overflow="fold")
    for row in rows:
        shown.add_row(*[cell(value) for value in row])
    wanted = 0 if broken else Measurement.get(console, console.options.update(max_width=10_000), shown).maximum
    Console(width=max(wanted, console.width)).print(shown)


def cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return str(value).translate(CONTROLS).replace("[", "\\[")


# what a source sent must not steer the terminal that shows it
CONTROLS = {code: f"\\x{code:02x}" for code in (*range(9), *range(11, 32), *range(127, 160))}


UNITS = (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1))


def took(microseconds: int | None) -> str:
    """12.3 s, 4 min 5 s, 3 h 20 min, 2 d 4 h; nothing of what has no length."""
    if microseconds is None:
        return ""
    seconds = microseconds // 1_000_000
    for unit, size, part, part_size in UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit} {seconds % size // part_size} {part}"
    return f"{microseconds / 1_000_000:.1f} s"


@contextmanager
def progress(description: str, total: float) -> Iterator[Progress]:
    """A bar; call `advance_to(progress, done)` or `progress.advance(0)`."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with bar:
        bar.add_task(description, total=total)
        yield bar


def advance_to(bar: Progress, done: float) -> None:
    bar.update(bar.task_ids[0], completed=done)


def refreshed(done: "Sequence[Refreshed]") -> None:
    table(
        "Tables",
        ["table", "rows", "written", "seconds", "why"],
        [(each.model.name, each.row_count, each.changed, each.seconds, each.why) for each in done],
    )


def ingested(settings: Settings) -> None:
    """Where all records so far went, by source."""
    from pipelines.ledger import Ledger

    with closing(Ledger(settings.ledger_address)) as ledger:
        rows = ledger.totals()
    columns = ["source", "records in", "accepted", "same again", "conflicts", "refused", "blank"]
    table("Ingested", columns, rows)


def refused(counted: Sequence[tuple[str, str, int]]) -> None:
    """(source, reason, records) as one row a reason, most first, one column a source."""
    sources = sorted({source for source, _, _ in counted})
    by_reason: dict[str, dict[str, int]] = {}
    for source, reason, records in counted:
        by_reason.setdefault(reason, {})[source] = records
    ordered = sorted(by_reason.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    rows = [[reason, *[found.get(source, 0) for source in sources]] for reason, found in ordered]
    table("Refused, by reason", ["reason", *sources], rows)
