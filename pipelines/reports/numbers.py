"""The numbers of one report and date, as they were when they were asked: pages and messages are made of nothing else."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.config.reports import Report
from pipelines.errors import TrailhouseError
from pipelines.lake import write_durably
from pipelines.published import QueryError, ask
from pipelines.reports.dates import Span
from pipelines.reports.told import Row, persons_with_a_page

FILE = "numbers.json"
PERSONS = "persons"  # what a query of details knows those by who get a page
MOMENT, DATE = "$moment", "$date"  # how JSON keeps what it has no type for
HEARD = "select source, last_received_at from metrics.freshness"
POSITION = "select min(ledger_position), min(as_of) from published.tables"


class ReportError(TrailhouseError):
    """A report cannot be made; says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """rows: query -> its rows; moments are in UTC. late: source -> when it was last heard of."""

    report: str
    first_date: date
    last_date: date
    zone: str
    ledger_position: int
    as_of: datetime
    rows: dict[str, list[Row]]
    late: dict[str, datetime | None] = field(default_factory=dict)


def take(folder: Path, name: str, report: Report, span: Span) -> Numbers:
    """Asks every query of the report. folder: of the published tables. Errors: ReportError."""
    rows = _rows(folder, name, report, span)
    position, as_of = ask(folder, POSITION)[1][0]
    silent = late(folder, report, span)
    return Numbers(name, span.first, span.last, span.zone, position, as_of.replace(tzinfo=UTC), rows, silent)


def _rows(folder: Path, name: str, report: Report, span: Span) -> dict[str, list[Row]]:
    """Details last, for they are asked only of those persons who get a page."""
    details = report.replies.details if report.replies else ()
    rows: dict[str, list[Row]] = {}
    for query in sorted(report.queries, key=lambda query: query in details):
        persons = {PERSONS: persons_with_a_page(report, name, rows)} if query in details else {}
        rows[query] = _ask(folder, name, query, report.queries[query], span.parameters() | persons)
    return rows


def late(folder: Path, report: Report, span: Span) -> dict[str, datetime | None]:
    """Sources of the report that were silent before the span's end, and when they were last heard of; None: never."""
    heard = dict(ask(folder, HEARD)[1])
    moments = {source: heard[source].replace(tzinfo=UTC) if source in heard else None for source in report.sources}
    enough = span.ends_at - timedelta(microseconds=report.tolerance)
    return {source: moment for source, moment in moments.items() if moment is None or moment < enough}


def _ask(folder: Path, name: str, query: str, text: str, parameters: Mapping[str, Any]) -> list[Row]:
    try:
        columns, rows = ask(folder, text, parameters)
    except QueryError as error:
        raise ReportError(f"report '{name}', query '{query}': {error}") from error
    return [{column: _in_utc(value) for column, value in zip(columns, row, strict=True)} for row in rows]


def _in_utc(value: Any) -> Any:
    """The published tables keep moments in UTC and without a zone."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def save(numbers: Numbers, folder: Path) -> None:
    said = asdict(numbers) | {"rows": {query: _columns_and_rows(rows) for query, rows in numbers.rows.items()}}
    text = json.dumps(said, default=_tagged, ensure_ascii=False, separators=(",", ":"))
    write_durably(folder / FILE, text.encode("utf-8", "replace"))  # half a surrogate pair is no text


def load(folder: Path) -> Numbers:
    """Errors: ReportError where the numbers were never taken."""
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ReportError(f"{folder / FILE}: the numbers of this date were not taken; take them first") from error
    said = json.loads(text, object_hook=_untagged)
    rows = {
        query: [dict(zip(columns, row, strict=True)) for row in rows] for query, (columns, rows) in said["rows"].items()
    }
    return Numbers(**said | {"rows": rows})


def _columns_and_rows(rows: list[Row]) -> tuple[list[str], list[list[Any]]]:
    """Names once, and not with each of thousands of rows."""
    return list(rows[0]) if rows else [], [list(row.values()) for row in rows]


def _tagged(value: Any) -> dict[str, str]:
    if isinstance(value, datetime):
        return {MOMENT: value.isoformat()}
    if isinstance(value, date):
        return {DATE: value.isoformat()}
    raise TypeError(f"{type(value).__name__} is nothing that a report can keep; cast it in the query")


def _untagged(value: dict[str, Any]) -> Any:
    """Only what _tagged made: no column is called like a tag alone."""
    if value.keys() == {MOMENT}:
        return datetime.fromisoformat(value[MOMENT])
    return date.fromisoformat(value[DATE]) if value.keys() == {DATE} else value
