"""Refuses a report that could not be made, before anything runs: its queries, its templates, the names that they speak of."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TypeAlias

from pipelines.config.reports import Report
from pipelines.config.yaml_lines import YamlFile, nearest
from pipelines.contract import Contract, ContractError
from pipelines.models import Model
from pipelines.reports.dates import span_of
from pipelines.reports.messages import Known, mistake_in, names_of
from pipelines.reports.numbers import PERSONS

ANY_DAY = date(2026, 1, 1)
Columns: TypeAlias = dict[str, list[str]]  # query -> what it answers with


def refuse_wrong_reports(
    path: Path, reports: Mapping[str, Report], models: Mapping[str, Model], templates: Path
) -> None:
    """path: of reports.yaml. templates: the folder of the pages. Errors: ConfigError with file and line."""
    if not reports:
        return
    file = YamlFile(path)
    with closing(Contract(models)) as contract:
        for name, report in reports.items():
            _Looked(file, name, report).through(contract, templates)


class _Looked:
    """At one report. Errors: ConfigError."""

    def __init__(self, file: YamlFile, name: str, report: Report) -> None:
        self._file, self._name, self._report = file, name, report

    def through(self, contract: Contract, templates: Path) -> None:
        columns = {query: self._columns(contract, query) for query in self._report.queries}
        for where, query, column in self._named_columns():
            if column not in columns[query]:
                self._refuse(where, f"query '{query}' has no column '{column}'; {nearest(column, columns[query])}")
        for where, template, known in self._messages(columns):
            if wrong := mistake_in(template, known):
                self._refuse(where, *wrong)
        for where, template in self._pages():
            self._refuse_template(where, template, templates)

    def _refuse(self, where: tuple[str, ...], what: str, line: int = 0) -> None:
        raise self._file.error(("reports", self._name, *where), f"report '{self._name}': {what}", line)

    def _columns(self, contract: Contract, query: str) -> list[str]:
        parameters = span_of(self._report, ANY_DAY, "UTC").parameters() | {PERSONS: [""]}
        try:
            return contract.columns(self._report.queries[query], parameters)
        except ContractError as error:
            wrong = self._file.error(
                ("reports", self._name, "queries", query),
                f"report '{self._name}', query '{query}': {error}",
                error.line,
            )
            raise wrong from error

    def _named_columns(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        """(where it is named, query, column)"""
        threads, replies = self._report.threads, self._report.replies
        if threads:
            yield ("threads", "key"), threads.query, threads.key
        if replies:
            yield ("replies", "person"), replies.query, replies.person
            yield from ((("replies", "details"), each, replies.person) for each in replies.details)
        if replies and replies.thread:
            yield ("replies", "thread"), replies.query, replies.thread

    def _messages(self, columns: Columns) -> Iterator[tuple[tuple[str, ...], str, Known]]:
        threads, replies = self._report.threads, self._report.replies
        seen = names_of(list(columns), columns[threads.query] if threads else [])
        yield ("message",), self._report.message, seen
        if replies:
            yield ("replies", "message"), replies.message, seen | {"person": columns[replies.query]}

    def _pages(self) -> Iterator[tuple[tuple[str, ...], str]]:
        yield ("template",), self._report.template
        if self._report.replies:
            yield ("replies", "template"), self._report.replies.template

    def _refuse_template(self, where: tuple[str, ...], template: str, folder: Path) -> None:
        known = {path.name for path in folder.glob("*.html")}
        if template not in known:
            self._refuse(where, f"no template '{template}' in assets/reports/templates; {nearest(template, known)}")
