"""The three things that are done for a report and a date, whoever asks: take its numbers, draw its pages, send its threads."""

import json
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.config import Config
from pipelines.config.reports import Report
from pipelines.deliveries import Outcome, Thread, channel_of, deliver
from pipelines.lake import write_durably
from pipelines.ledger import Ledger
from pipelines.ledger.deliveries import Deliveries
from pipelines.published import ask
from pipelines.reports.dates import span_of
from pipelines.reports.numbers import Numbers, load, save, take
from pipelines.reports.pages import pages
from pipelines.reports.threads import threads
from pipelines.reports.told import told
from pipelines.settings import Settings

FAILURES = "failures.json"  # page -> why it could not be drawn
IDENTITIES = "select namespace || '/' || id_kind || '/' || id_value, person_id from people.identities where person_id is not null"


@dataclass(frozen=True, slots=True)
class Desk:
    """One report and date: where its numbers and pages lie."""

    settings: Settings
    config: Config
    name: str
    day: date

    @property
    def report(self) -> Report:
        return self.config.reports[self.name]

    @property
    def folder(self) -> Path:
        return self.settings.data_folder / "reports" / self.name / self.day.isoformat()


def take_numbers(desk: Desk) -> Numbers:
    """Asks the published tables and keeps what they say. Errors: ReportError, QueryError."""
    span = span_of(desk.report, desk.day, desk.config.house.report_timezone)
    numbers = take(desk.settings.published_folder, desk.name, desk.report, span)
    save(numbers, desk.folder)
    return numbers


@dataclass(frozen=True, slots=True)
class DrawnPages:
    """page_counts: file -> its pages. failures: file -> why it could not be drawn."""

    folder: Path
    page_counts: dict[str, int]
    failures: dict[str, str]


def draw_pages(desk: Desk) -> DrawnPages:
    """Draws every page of the numbers that were taken. One that cannot be drawn stops no other."""
    from pipelines.pdf import Page, PdfError, draw_many  # not where definitions are loaded: it takes seconds

    numbers = load(desk.folder)
    wanted = list(pages(desk.report, numbers))
    drawn = draw_many(Page(each.name, each.template, each.values, desk.settings.templates_folder) for each in wanted)
    counts, failures = {}, {}
    for page, made in zip(wanted, drawn, strict=True):
        if isinstance(made, PdfError):
            failures[page.name] = str(made)
        else:
            write_durably(desk.folder / page.name, made.pdf)
            counts[page.name] = made.pages
    write_durably(desk.folder / FAILURES, json.dumps(failures, indent=1).encode())
    return DrawnPages(desk.folder, counts, failures)


def send(desk: Desk, again: bool = False) -> list[Outcome]:
    """Sends what was not sent yet; `again`: forgets first what was. Errors: MessageError, Busy."""
    numbers = load(desk.folder)
    if desk.report.no_data == "skip" and not told(desk.report, numbers.report, numbers.rows):
        return []
    failures = json.loads((desk.folder / FAILURES).read_text(encoding="utf-8"))
    person_of = dict(ask(desk.settings.published_folder, IDENTITIES)[1]) if desk.report.replies else {}

    def content(name: str) -> bytes | str:
        return failures[name] if name in failures else (desk.folder / name).read_bytes()

    made = threads(desk.report, numbers, content, _links(desk))
    with closing(Ledger(desk.settings.ledger_address)) as ledger:
        if again:
            _forget(Deliveries(ledger), made)
        channel = channel_of(desk.settings)
        return [deliver(ledger, channel, thread, lambda each: person_of.get(each, each)) for thread in made]


def _forget(deliveries: Deliveries, made: list[Thread]) -> None:
    for thread in made:
        deliveries.forget(deliveries.chosen(report=thread.report, report_date=thread.date.isoformat()))


def _links(desk: Desk) -> dict[str, str | None]:
    """The dashboard of the same range; None where there is no Grafana."""
    base, name = desk.settings.grafana_url, desk.report.grafana
    if not base or not name:
        return {"grafana": None}
    span = span_of(desk.report, desk.day, desk.config.house.report_timezone)
    since, until = (round(moment.timestamp() * 1000) for moment in (span.starts_at, span.ends_at))
    return {"grafana": f"{base.rstrip('/')}/d/trailhouse-{name}?from={since}&to={until}"}
