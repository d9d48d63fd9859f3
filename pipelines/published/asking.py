"""Asks the published copy: one SELECT, which sees the published tables and nothing else."""

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import duckdb

from pipelines.errors import TrailhouseError
from pipelines.lake import TEMPORARY
from pipelines.published.files import CATALOG, WITHHELD

PATIENCE, PAUSE = 30.0, 0.01  # seconds: a publish replaces its files within less
Answer: TypeAlias = tuple[list[str], list[tuple]]


class QueryError(TrailhouseError):
    """A question to the published tables cannot be answered; says why and what to do."""


def ask(folder: Path, query: str, parameters: Mapping[str, Any] | None = None) -> Answer:
    """Answers one SELECT from the published tables. Returns (column names, rows). Errors: QueryError.

    parameters: name -> value of each `$name` that the query may use.

    A query may read several tables, and each is replaced by itself: what was asked meanwhile is asked again.
    """
    folder = folder.resolve()  # as the catalog names its files
    if not (folder / CATALOG).exists():
        raise QueryError(f"{folder / CATALOG}: nothing is published yet; run `trailhouse refresh` first")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        before = _generation(folder)
        try:
            answer = _ask_once(folder, query, parameters or {})
        except QueryError:
            if before == _generation(folder):
                raise
        else:
            if before == _generation(folder):
                return answer
        time.sleep(PAUSE)
    raise QueryError(f"{folder}: the tables were replaced again and again for {PATIENCE:.0f} s; ask again")


def _generation(folder: Path) -> list[tuple[str, int]]:
    with os.scandir(folder) as found:
        return sorted((each.name, each.inode()) for each in found if TEMPORARY not in each.name)


def _ask_once(folder: Path, query: str, parameters: Mapping[str, Any]) -> Answer:
    with duckdb.connect() as connection:  # one of its own: those of one file share their locked settings
        connection.execute(f"attach '{folder / CATALOG}' as catalog (read_only); use catalog")
        connection.execute(f"set TimeZone = 'UTC'; set allowed_directories = ['{folder}']")
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        try:
            _refuse_writes(connection, query)
            found = connection.execute(query, used(query, parameters))
            return [column[0] for column in found.description or []], found.fetchall()
        except duckdb.Error as error:
            raise QueryError(str(error) + _why_not(connection, str(error))) from error


def used(query: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The engine refuses values for names that do not occur."""
    return {name: value for name, value in parameters.items() if re.search(rf"\${name}\b", query)}


def _why_not(connection: duckdb.DuckDBPyConnection, error: str) -> str:
    """Of a column that is not there because it is personal: what to write where."""
    withheld = connection.execute(f"from {WITHHELD} order by all").fetchall()
    found = [(table, column) for table, column in withheld if f'"{column}"' in error]
    return "".join(f"\n{said_of_withheld(table, column)}" for table, column in found)


def said_of_withheld(table: str, column: str) -> str:
    return (
        f"{table}.{column} is personal and not published; if it should be, write `{table}: [{column}]` below `personal:` "
        "in config/publish.yaml"
    )


def _refuse_writes(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    reading = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
    kinds = {statement.type for statement in connection.extract_statements(query)}
    if not kinds or kinds - reading:
        raise QueryError(
            "only SELECT (also DESCRIBE, SHOW, EXPLAIN) is answered: the published tables are a copy to read"
        )
