"""What a page is made of: the figures that the macros of `templates/parts.html` take.

None means "no data" and is never drawn as zero. Histories are in time order, the last one being the day of the report.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

Number = int | float | None


@dataclass(frozen=True)
class Tile:
    """A key figure, with its change to the day before and to the median of the seven days before."""

    name: str
    figure: Number
    day_before: Number
    median_of_7: Number
    history: Sequence[Number] = ()
    unit: Literal["count", "ratio", "seconds"] = "count"
    note: str = ""


@dataclass(frozen=True)
class Column:
    """`kind` says how a cell is written: text to the left, all else to the right; said: figures that are words already."""

    name: str
    kind: Literal["text", "said", "count", "ratio", "seconds"] = "text"


@dataclass(frozen=True)
class Table:
    """`row_count` is how many there are in all, when `rows` holds only the first of them."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str | Number]]
    row_count: int | None = None

    @property
    def total(self) -> int:
        return len(self.rows) if self.row_count is None else self.row_count


def table_of(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The rows of a query: columns are called as the query calls them, those of numbers stand to the right."""
    names = list(rows[0]) if rows else []
    columns = [Column(name, "count" if _is_of_numbers(rows, name) else "text") for name in names]
    return Table(columns, [[_shown(row[name]) for name in names] for row in rows])


def _is_of_numbers(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    known = [row[name] for row in rows if row[name] is not None]
    return bool(known) and all(isinstance(each, int | float) and not isinstance(each, bool) for each in known)


def _shown(value: Any) -> Any:
    return ("yes" if value else "no") if isinstance(value, bool) else value


@dataclass(frozen=True)
class Step:
    """A funnel's step: how many reached it, and the median seconds from the step before."""

    name: str
    reached: int | None
    median_seconds: Number = None
    is_optional: bool = False


@dataclass(frozen=True)
class Stage:
    """How many stand in a stage at the day's end, and how many came into it and left it that day."""

    name: str
    standing: int | None
    entries: int | None
    exits: int | None
    is_quiet: bool = False  # drawn in grey: who is here is gone


@dataclass(frozen=True)
class Day:
    """One day of a trend."""

    local_date: date
    figure: Number


@dataclass(frozen=True)
class Moment:
    """What a person did: `at` in any zone, `outcome` ok, failed, open or abandoned."""

    at: datetime
    what: str
    detail: str = ""
    seconds: Number = None
    outcome: str = ""
    error: str = ""

    @property
    def is_failed(self) -> bool:
        return bool(self.error) or self.outcome == "failed"


PARTS = (Tile, Column, Table, table_of, Step, Stage, Day, Moment)  # templates make them of rows
