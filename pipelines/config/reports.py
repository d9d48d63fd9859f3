"""config/reports.yaml: what is told whom, and when. The typed form of that file; its head explains the words.

What queries and templates say is looked at where the tables are known (pipelines/reports/refusals.py), not here.
"""

from collections.abc import Iterator, Mapping
from datetime import time
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from pipelines.config.channels import Channel
from pipelines.config.clocks import Clock, Zone
from pipelines.config.durations import Duration
from pipelines.config.entries import Part, is_name
from pipelines.config.refusals import refusal
from pipelines.config.sources import Source
from pipelines.config.yaml_lines import YamlFile, nearest

MOST_REPLIES = 500


class Threads(Part):
    """One message for each row of a query; `key` is the column that tells them apart, for good."""

    query: str
    key: str


class Replies(Part):
    """One reply for each row of a query, newest first, at most `cap`; the rest goes into one PDF.

    `thread`: column that names the thread. `person`: column with the person. `details`: queries with a column of that name,
    whose rows the person's template gets.
    """

    query: str
    person: str = "person_id"
    thread: str | None = None
    message: str
    template: str
    details: tuple[str, ...] = ()
    cap: int = Field(default=50, ge=1, le=MOST_REPLIES)


class Report(Part):
    """One report. Its queries see $report_date, $first_date and $last_date: the date, or the week that ends with it."""

    title: str
    description: str = ""
    every: Literal["day", "week"] = "day"
    at: Clock = time(8)
    zone: Zone = Field(default=None, description="default: the report zone of the house")
    channel: Channel
    sources: tuple[str, ...] = Field(default=(), description="must be there up to the end of the date")
    deadline: Clock = Field(default=time(10), description="a source that is late by then: sent as incomplete")
    tolerance: Duration = Field(
        default=3_600_000_000, description="a source that was heard of so long before the end is there"
    )
    no_data: Literal["send", "skip"] = "send"
    page: Literal["A4", "Letter"] = "A4"
    queries: dict[str, str] = Field(min_length=1)
    message: str
    template: str = "tables.html"
    threads: Threads | None = None
    replies: Replies | None = None
    grafana: str | None = Field(default=None, description="name of the dashboard that a link leads to")

    @model_validator(mode="after")
    def _fits_together(self) -> "Report":
        if self.deadline <= self.at:
            raise ValueError(f"the deadline {self.deadline:%H:%M} is not after {self.at:%H:%M}, when the report is due")
        for where, query in self._named_queries():
            if query not in self.queries:
                raise ValueError(f"{where}: no query '{query}'; {nearest(query, self.queries)}")
        if self.replies and (self.replies.thread is None) != (self.threads is None):
            raise ValueError("replies.thread names the column that says which of the threads a reply belongs to")
        return self

    def _named_queries(self) -> Iterator[tuple[str, str]]:
        if self.threads:
            yield "threads.query", self.threads.query
        if self.replies:
            yield "replies.query", self.replies.query
            yield from (("replies.details", each) for each in self.replies.details)


def load_reports(path: Path, sources: Mapping[str, Source]) -> dict[str, Report]:
    """Reads reports.yaml: name -> Report. A file that is absent names no report. Errors: ConfigError with file and line."""
    if not path.exists():
        return {}
    file = YamlFile(path)
    return {str(name): _report(file, name, entry, sources) for name, entry in file.entries("reports").items()}


def _report(file: YamlFile, name: Any, entry: Any, sources: Mapping[str, Source]) -> Report:
    here = ("reports", name)
    if not is_name(name):
        raise file.error(here, f"report '{name}': a name has small letters, digits and _, and starts with a letter")
    if not isinstance(entry, dict):
        raise file.error(here, f"report '{name}': write its keys below it: title, channel, queries, message")
    try:
        report = Report.model_validate(entry)
    except ValidationError as error:
        raise refusal(file, here, f"report '{name}'", error, Report) from error
    for place, source in enumerate(report.sources):
        if source not in sources:
            raise file.error(
                (*here, "sources", place), f"report '{name}': no source '{source}'; {nearest(source, sources)}"
            )
    return report
