"""The numbers of one report and date, as they were when they were asked: pages and messages are made of nothing else."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipelines.config.reports import Report
from pipelines.errors import TrailhouseError
from pipelines.lake import TEMPORARY, replace_durably
from pipelines.published import QueryError, ask
from pipelines.reports.dates import Span

FILE = "numbers.json"
POSITION = "select min(ledger_position), min(as_of) from published.tables"


class ReportError(TrailhouseError):
    """A report cannot be made; says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """rows: query -> its rows. Dates and moments are ISO text, moments in UTC. late: source -> when it was last heard of."""

    report: str
    first_date: str
    last_date: str
    zone: str
    ledger_position: int
    as_of: str
    rows: dict[str, list[dict[str, Any]]]
    late: dict[str, str | None] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not any(self.rows.values())


def take(folder: Path, name: str, report: Report, span: Span) -> Numbers:
    """Asks every query of the report. folder: of the published tables. Errors: ReportError."""
    rows = {query: _ask(folder, name, query, text, span.parameters()) for query, text in report.queries.items()}
    position, as_of = ask(folder, POSITION)[1][0]
    about = {
        "report": name,
        "first_date": span.first.isoformat(),
        "last_date": span.last.isoformat(),
        "zone": span.zone,
    }
    return Numbers(**about, ledger_position=position, as_of=_plain(as_of), rows=rows, late=late(folder, report, span))


def late(folder: Path, report: Report, span: Span) -> dict[str, str | None]:
    """Sources of the report that were silent before the span's end, and when they were last heard of; None: never."""
    heard = dict(ask(folder, "select source, last_received_at from metrics.freshness")[1])
    wanted = span.ends_at.replace(tzinfo=None)
    silent = {source: heard.get(source) for source in report.sources}
    return {
        source: _plain(moment)
        for source, moment in silent.items()
        if moment is None or (wanted - moment).total_seconds() * 1_000_000 > report.tolerance
    }


def _ask(folder: Path, name: str, query: str, text: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    try:
        columns, rows = ask(folder, text, parameters)
    except QueryError as error:
        raise ReportError(f"report '{name}', query '{query}': {error}") from error
    return [{column: _plain(value) for column, value in zip(columns, row, strict=True)} for row in rows]


def _plain(value: Any) -> Any:
    """As JSON has it: a moment is 2026-11-27T08:00:00Z, in UTC."""
    if isinstance(value, datetime):
        return value.isoformat() + ("" if value.tzinfo else "Z")
    return value.isoformat() if isinstance(value, date) else value


def save(numbers: Numbers, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    temporary = path.with_name(FILE + TEMPORARY)
    temporary.write_text(json.dumps(asdict(numbers), ensure_ascii=False, indent=1), encoding="utf-8")
    replace_durably(temporary, path)
    return path


def load(folder: Path) -> Numbers:
    """Errors: ReportError where the numbers were never taken."""
    try:
        return Numbers(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ReportError(
            f"{folder / FILE}: the numbers of this date were not taken; materialize them first"
        ) from error
