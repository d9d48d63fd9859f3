"""Which threads a report has: the row that each is about, who gets a reply under it, and who only a line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pipelines.config.reports import Report

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """One thread of a report: its row (None: the report is one thread), and the rows that get replies or only a line."""

    key: str
    row: Row | None
    replies: tuple[Row, ...] = ()
    beyond: tuple[Row, ...] = ()


def told(report: Report, name: str, rows: Mapping[str, list[Row]]) -> list[Told]:
    """The threads of the report `name` in the order of their query; none without data. rows: query -> its rows."""
    if not any(rows.values()):
        return []
    if report.threads is None:
        return [_told(report, rows, name, None)]
    return [_told(report, rows, str(row[report.threads.key]), row) for row in rows[report.threads.query]]


def _told(report: Report, rows: Mapping[str, list[Row]], key: str, row: Row | None) -> Told:
    replies = report.replies
    if replies is None:
        return Told(key, row)
    found = [each for each in rows[replies.query] if row is None or str(each[replies.thread or ""]) == key]
    return Told(key, row, tuple(found[: replies.cap]), tuple(found[replies.cap :]))


def persons_with_a_page(report: Report, name: str, rows: Mapping[str, list[Row]]) -> list[str]:
    """Those who get a reply of their own, in any thread."""
    if report.replies is None:
        return []
    person = report.replies.person
    return sorted({row[person] for thread in told(report, name, rows) for row in thread.replies})
