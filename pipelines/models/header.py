"""The header of a table: prose first, then one line per promise. The contract is written in sql/README.md.

The same header stands as SQL comments (`-- grain: …`) or in the docstring of a table that is built in Python.
"""

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from pipelines.errors import TrailhouseError

REFRESHED_BY = ("person_id", "batch", "local_date")
KEYS = (
    "grain",
    "by",
    "since",
    "moment",
    "fold",
    "date",
    "check",
    "warn",
    "column",
    "public",
    "personal",
    "view",
    "reads",
    "lookup",
)
ONCE = ("grain", "by", "since", "moment", "fold", "date", "public", "personal", "view", "reads", "lookup")
PERSON = "person_id"
EVENTS = "lake.events"
BATCH_COLUMNS = frozenset(["batch", "event_number"])  # a new batch has values of its own in these
_FOLDED = re.compile(r"^(min|max|sum)\((\w+)\)$")
_SINCE = re.compile(r"^(\w+)(?:\s+until\s+(\w+)(,\s*overlapping)?)?$")
_LINE = re.compile(r"^([A-Za-z_-]+)\s*:(.*)$")  # also without a space, or a slip would read as prose and do nothing


class ModelError(TrailhouseError):
    """A table's file cannot be loaded. The message starts with `file:line:` and ends with what to do."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.line, self.what = line, message


@dataclass(frozen=True, slots=True)
class Check:
    """`condition` is SQL that must be true of every row; a blocking check keeps the new rows out of the table."""

    name: str
    label: str
    condition: str
    blocking: bool


@dataclass(frozen=True, slots=True)
class Since:
    """Columns (timestamptz): a row starts at `start`; an event later than `until` cannot change it any more.

    Without `until` it is not known when a row is done, so the last one before a change counts as open. Overlapping rows are
    made of what comes from their own start on, so what overlaps one that is computed again need not be so too.
    """

    start: str
    until: str | None = None
    is_overlapping: bool = False


@dataclass(slots=True)
class Header:
    description: str = ""
    grain: tuple[str, ...] = ()
    by: str | None = None
    since: Since | None = None
    fold: dict[str, str] = field(
        default_factory=dict
    )  # column -> min | max | sum of the old row's value and the new one's
    date: str | None = None  # column: the local date on which a row counts
    moment: str | None = None  # column: when a row starts, where `since` does not say it
    public: bool = False
    personal: tuple[str, ...] = ()  # columns that may tell of a person what only they or we should know
    view: bool = False
    reads: tuple[str, ...] = ()
    lookup: tuple[str, ...] = ()  # of what it reads: only looked up by a key, so shown whole, and not followed
    checks: list[Check] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)  # where a promise stands, for messages

    @property
    def start(self) -> str | None:
        """The column that says from which moment on a change of a row matters to what reads it."""
        return self.since.start if self.since else self.moment

    @property
    def groups(self) -> tuple[str, ...]:
        """What tells a person's rows apart besides their start: see Model.groups."""
        if self.since is None or self.since.start == self.since.until:
            return ()
        return tuple(name for name in self.grain if name not in (PERSON, self.since.start, *BATCH_COLUMNS))


def parse_header(path: Path, numbered: list[tuple[int, str]]) -> Header:
    """Parses (line number, text without comment signs) pairs. Errors: ModelError with file and line."""
    header, prose = Header(), []
    for number, text in numbered:
        found = _LINE.match(text)
        if found is None:
            prose.append(text)
        else:
            _promise(header, path, number, found[1], found[2].strip())
    header.description = _paragraphs(prose)
    _refuse_what_is_missing(header, path, numbered[0][0] if numbered else 1)
    return header


def _paragraphs(prose: list[str]) -> str:
    paragraphs = "\n".join(prose).strip().split("\n\n")
    return "\n\n".join(" ".join(each.split()) for each in paragraphs)


def _refuse_what_is_missing(header: Header, path: Path, line: int) -> None:
    if not header.description.startswith("One row per"):
        raise ModelError(path, line, "the first sentence must start 'One row per …' and say what a row is")
    if not header.grain:
        raise ModelError(path, line, "the header has no grain; add '-- grain: <columns that are unique together>'")


def _promise(header: Header, path: Path, number: int, key: str, value: str) -> None:
    if key not in KEYS:
        near = get_close_matches(key, KEYS, n=1)
        hint = f"; did you mean '{near[0]}:'?" if near else f"; known: {', '.join(KEYS)}"
        raise ModelError(path, number, f"unknown header line '{key}:'{hint}")
    if not value:
        raise ModelError(path, number, f"'{key}:' says nothing; write its value or remove the line")
    if key in ONCE and key in header.lines:
        raise ModelError(path, number, f"'{key}:' stands twice; keep one")
    header.lines.setdefault(key, number)
    _READERS[key](header, path, number, value)


def _read_names(attribute: str):
    def read(header: Header, path: Path, number: int, value: str) -> None:
        setattr(header, attribute, tuple(name.strip() for name in value.split(",")))

    return read


def _read_by(header: Header, path: Path, number: int, value: str) -> None:
    if value not in REFRESHED_BY:
        known = " or ".join(REFRESHED_BY)
        raise ModelError(
            path, number, f"'by: {value}' is not a way to refresh; use {known}, or no line to rebuild whole"
        )
    header.by = value


def _read_since(header: Header, path: Path, number: int, value: str) -> None:
    found = _SINCE.match(value)
    if found is None:
        raise ModelError(path, number, "write 'since: <column>', '… until <column>' or '… until <column>, overlapping'")
    header.since = Since(found[1], found[2], is_overlapping=found[3] is not None)


def _read_fold(header: Header, path: Path, number: int, value: str) -> None:
    for each in value.split(","):
        found = _FOLDED.match(each.strip())
        if found is None:
            raise ModelError(path, number, f"'{each.strip()}': write min(<column>), max(<column>) or sum(<column>)")
        header.fold[found[2]] = found[1]


def _read_column_name(attribute: str):
    def read(header: Header, path: Path, number: int, value: str) -> None:
        setattr(header, attribute, value)

    return read


def _read_flag(attribute: str):
    def read(header: Header, path: Path, number: int, value: str) -> None:
        if value not in ("yes", "no"):
            raise ModelError(path, number, f"'{attribute}:' is yes or no, not '{value}'")
        setattr(header, attribute, value == "yes")

    return read


def _read_check(blocking: bool):
    def read(header: Header, path: Path, number: int, value: str) -> None:
        label, bar, condition = (part.strip() for part in value.partition("|"))
        if not (label and bar and condition):
            raise ModelError(path, number, "write '<what holds> | <condition true of every row>'")
        name = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")
        if name in ("grain", *(check.name for check in header.checks)):
            raise ModelError(path, number, f"there is a check '{name}' already; say what this one holds in other words")
        header.checks.append(Check(name, label, condition, blocking))
        header.lines[f"check {name}"] = number

    return read


def _read_column(header: Header, path: Path, number: int, value: str) -> None:
    name, bar, meaning = (part.strip() for part in value.partition("|"))
    if not (name and bar and meaning):
        raise ModelError(path, number, "write 'column: <name> | <meaning, unit>'")
    header.columns[name] = meaning
    header.lines[f"column {name}"] = number


_READERS = {
    "grain": _read_names("grain"),
    "reads": _read_names("reads"),
    "lookup": _read_names("lookup"),
    "by": _read_by,
    "since": _read_since,
    "fold": _read_fold,
    "date": _read_column_name("date"),
    "moment": _read_column_name("moment"),
    "public": _read_flag("public"),
    "personal": _read_names("personal"),
    "view": _read_flag("view"),
    "check": _read_check(True),
    "warn": _read_check(False),
    "column": _read_column,
}
