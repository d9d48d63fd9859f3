"""The two engines that answer dashboards, opened as Grafana opens them, with the same published rows in both."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import TypeAlias

import duckdb
import psycopg

from pipelines.contract import Contract
from pipelines.models import Model
from pipelines.published.postgres import READER, serve
from pipelines.published.shapes import TYPES
from tests.pipelines.published.readers import as_the_plugin
from tests.pipelines.published.small import run, secret, with_database

Rows: TypeAlias = list[tuple]
KINDS = {
    "BIGINT": "number",
    "DOUBLE": "number",
    "VARCHAR": "text",
    "BOOLEAN": "bool",
    "TIMESTAMP": "time",
    "DATE": "time",
}
OIDS = {20: "BIGINT", 701: "DOUBLE", 25: "VARCHAR", 1043: "VARCHAR", 16: "BOOLEAN", 1114: "TIMESTAMP", 1082: "DATE"}


@dataclass(frozen=True)
class Answer:
    """columns: name -> type as it is served, or the engine's own name for another one."""

    columns: dict[str, str]
    rows: Rows


class Files:
    """What the plugin asks: one of the connections that run nothing before."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def answer(self, sql: str) -> Answer:
        found = self._connection.execute(sql)
        columns = {column[0]: str(column[1]) for column in found.description or []}
        return Answer(columns, found.fetchall())


class Server:
    """PostgreSQL, for one who may only read what is published."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def answer(self, sql: str) -> Answer:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(f"set local role {READER}".encode())
            cursor.execute(sql.encode())
            columns = {each.name: OIDS.get(each.type_code, str(each.type_code)) for each in cursor.description or []}
            return Answer(columns, cursor.fetchall())


@contextmanager
def published_files(folder: Path) -> Iterator[Files]:
    with as_the_plugin(folder) as instance:
        yield Files(instance.cursor())


@contextmanager
def empty_files(models: Mapping[str, Model]) -> Iterator[Files]:
    """The published tables without rows."""
    with duckdb.connect() as connection:
        for statement in declarations(models, {}):
            connection.execute(statement)
        yield Files(connection)


@contextmanager
def served(url: str, name: str, models: Mapping[str, Model], published: Path) -> Iterator[Server]:
    """A database of its own, filled as a publish fills it."""
    with _database(url, name) as address:
        serve(secret(address), published, models)
        with psycopg.connect(address, autocommit=True) as connection:
            yield Server(connection)


@contextmanager
def empty_server(url: str, name: str, models: Mapping[str, Model]) -> Iterator[Server]:
    with _database(url, name) as address, psycopg.connect(address, autocommit=True) as connection:
        for statement in declarations(models, TYPES):
            connection.execute(statement.encode())
        for schema in {each.split(".")[0] for each in tables_of(models)}:
            connection.execute(f"grant usage on schema {schema} to {READER}".encode())
            connection.execute(f"grant select on all tables in schema {schema} to {READER}".encode())
        yield Server(connection)


@contextmanager
def _database(url: str, name: str) -> Iterator[str]:
    address = url.replace("postgresql+psycopg://", "postgresql://")
    run(address, f"drop database if exists {name}")
    run(address, f"create database {name}")
    yield with_database(address, name)
    run(address, f"drop database {name}")


def declarations(models: Mapping[str, Model], types: Mapping[str, str]) -> Iterator[str]:
    """What makes the published tables. types: DuckDB's -> another engine's, where that calls it otherwise."""
    tables = tables_of(models)
    for schema in sorted({name.split(".")[0] for name in tables}):
        yield f"create schema {schema}"
    for name, columns in tables.items():
        declared = ", ".join(f'"{column}" {types.get(kind, kind)}' for column, kind in columns.items())
        yield f"create table {name} ({declared})"


def tables_of(models: Mapping[str, Model]) -> dict[str, dict[str, str]]:
    """Name -> column -> type of what is published."""
    contract = Contract(models)
    contract.close()
    return contract.tables


def are_equal(ours: Rows, theirs: Rows) -> bool:
    """Row for row; of doubles the last digits may differ."""
    return len(ours) == len(theirs) and all(map(_are_equal, ours, theirs))


def _are_equal(ours: tuple, theirs: tuple) -> bool:
    pairs = zip(ours, theirs, strict=True)
    return all(isclose(a, b, rel_tol=1e-9) if isinstance(a, float) and b is not None else a == b for a, b in pairs)
