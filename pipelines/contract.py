"""The public contract as a reader's query meets it: every public table, empty, with the types that are served.

For whoever keeps queries of others in a file, to refuse a wrong one before it is asked.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from pipelines.config.yaml_lines import nearest
from pipelines.errors import TrailhouseError
from pipelines.models import Model
from pipelines.models.header import ModelError
from pipelines.models.lineage import line_of, parse_query, tables_read
from pipelines.published import SAID, SERVED, TABLES, used
from pipelines.published.asking import said_of_withheld

QUERY = Path("query")  # whose file and line only the reader of the query knows


class ContractError(TrailhouseError):
    """A query that the published tables could not answer. `line`: of the query, from 1, where that is known, else 0."""

    def __init__(self, what: str, line: int = 0) -> None:
        super().__init__(what)
        self.line = line


class Contract:
    """Close it. `tables`: name -> column -> type, as `ask` answers; with is_served false, as the warehouse holds them."""

    def __init__(self, models: Mapping[str, Model], is_served: bool = True) -> None:
        self.tables = {name: _shown(model) for name, model in models.items() if model.header.public}
        self._withheld = {name: model.withheld for name, model in models.items() if model.withheld}
        if is_served:
            self.tables = {name: _served(columns) for name, columns in self.tables.items()} | {TABLES: dict(SAID)}
        self._connection = duckdb.connect()
        for schema in sorted({name.split(".")[0] for name in self.tables}):
            self._connection.execute(f"create schema {schema}")
        for name, columns in self.tables.items():
            typed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
            self._connection.execute(f"create table {name} ({typed})")
        self._connection.execute(
            "set TimeZone = 'UTC'; set enable_external_access = false; set lock_configuration = true"
        )

    def close(self) -> None:
        self._connection.close()

    def columns(self, query: str, parameters: Mapping[str, Any] | None = None) -> list[str]:
        """Those that the one SELECT answers with; its rows are not computed. Errors: ContractError."""
        self._refuse_other_tables(query)
        try:
            found = self._connection.execute(f"select * from (\n{query}\n) limit 0", used(query, parameters or {}))
        except duckdb.Error as error:
            raise ContractError(_told(str(error)) + self._why_not(query, str(error)), _line(str(error))) from error
        return [column[0] for column in found.description or []]

    def _why_not(self, query: str, error: str) -> str:
        """Of a column that is not there because it is personal: what to write where."""
        read = self._tables_read(query)
        found = [(name, each) for name in read for each in self._withheld.get(name, ()) if f'"{each}"' in error]
        return "".join(f"; {said_of_withheld(*each)}" for each in found)

    @staticmethod
    def _tables_read(query: str) -> tuple[str, ...]:
        try:
            return tables_read(QUERY, query, parse_query(QUERY, query))
        except ModelError as error:
            raise ContractError(error.what, error.line) from error

    def _refuse_other_tables(self, query: str) -> None:
        for name in self._tables_read(query):
            if name not in self.tables:
                what = f"reads {name}, which is no public table; {nearest(name, self.tables)}"
                raise ContractError(what, line_of(query, name))


def _shown(model: Model) -> dict[str, str]:
    return {name: kind for name, kind in model.columns.items() if name not in model.withheld}


def _served(columns: Mapping[str, str]) -> dict[str, str]:
    return {name: SERVED.get(kind, kind) for name, kind in columns.items()}


def _told(error: str) -> str:
    """The engine's words on one line, without its picture of the place."""
    return " ".join(error.partition("\nLINE ")[0].split())


def _line(error: str) -> int:
    """One line of ours stands above the query."""
    number = error.partition("\nLINE ")[2].partition(":")[0]
    return max(int(number) - 1, 1) if number.isdigit() else 0
