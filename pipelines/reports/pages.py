"""Which pages a report has, and what each is drawn from: one for each thread, one for each person, one for the persons beyond."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.config.reports import Replies, Report
from pipelines.reports.numbers import Numbers
from pipelines.reports.told import Row, Told, told
from pipelines.words import day, minute


@dataclass(frozen=True, slots=True)
class Page:
    """One PDF. name: its file, unique in the report. values: what the template sees."""

    name: str
    template: str
    values: dict[str, Any]


def pages(report: Report, numbers: Numbers) -> Iterator[Page]:
    """None where there is no data."""
    for thread in told(report, numbers.report, numbers.rows):
        shared = _shared(report, numbers) | {"thread": thread.row}
        yield Page(report_file(thread), report.template, shared)
        if report.replies:
            yield from _of_persons(report.replies, numbers, thread, shared)


def _of_persons(replies: Replies, numbers: Numbers, thread: Told, shared: dict[str, Any]) -> Iterator[Page]:
    details = {query: _by_person(replies, numbers.rows[query]) for query in replies.details}
    for row in thread.replies:
        yield Page(
            person_file(thread, row[replies.person]),
            replies.template,
            shared | _persons(replies, [row], details, False),
        )
    if thread.beyond:
        yield Page(
            beyond_file(thread), replies.template, shared | _persons(replies, list(thread.beyond), details, True)
        )


def _by_person(replies: Replies, rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[replies.person], []).append(row)
    return found


def _persons(
    replies: Replies, rows: list[Row], details: dict[str, dict[str, list[Row]]], are_beyond: bool
) -> dict[str, Any]:
    """Each person's row, with the rows of every detail beside its columns."""
    people = [row | {query: found.get(row[replies.person], []) for query, found in details.items()} for row in rows]
    return {"people": people, "are_beyond": are_beyond}


def _shared(report: Report, numbers: Numbers) -> dict[str, Any]:
    told = ("zone", "as_of", "ledger_position", "rows")
    about = " ".join([report.description, *notes(numbers)])
    span = {"period": period(numbers), "title": report.title, "about": about, "paper": report.page}
    return {name: getattr(numbers, name) for name in told} | span


def period(numbers: Numbers) -> str:
    first, last = day(numbers.first_date), day(numbers.last_date)
    return last if first == last else f"{first} to {last}"


def notes(numbers: Numbers) -> list[str]:
    """What a reader must know to trust the figures: what is missing."""
    silent = {source: minute(heard, numbers.zone) if heard else "ever" for source, heard in numbers.late.items()}
    return [f"Incomplete: nothing from {source} since {heard}." for source, heard in silent.items()]


def report_file(thread: Told) -> str:
    return f"{_slug(thread.key)}.pdf"


def person_file(thread: Told, person: str) -> str:
    return f"{_slug(thread.key)}-{_slug(person)}.pdf"


def beyond_file(thread: Told) -> str:
    return f"{_slug(thread.key)}--others.pdf"


def _slug(text: str) -> str:
    """Safe as the name of a file; where that loses something, what keeps different texts apart is added."""
    safe = re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.")[:100]
    return safe if safe == text else f"{safe}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
