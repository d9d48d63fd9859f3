"""The two engines that answer dashboards, with the same published rows in both."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import psycopg

from pipelines.models import Model
from pipelines.published import CATALOG, SERVED

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
DECLARED = {"DOUBLE": "double precision"}


@dataclass(frozen=True)
class Answer:
    """columns: name -> type as it is served, or the engine's own name for another one."""

    columns: dict[str, str]
    rows: Rows


class Files:
    """What the plugin opens: a catalog of views over Parquet files; or tables without rows."""

    def __init__(self, folder: Path | None, models: Mapping[str, Model]) -> None:
        self._connection = duckdb.connect(str(folder / CATALOG), read_only=True) if folder else duckdb.connect()
        if folder is None:
            for statement in declarations(models, lambda kind: kind):
                self._connection.execute(statement)

    def answer(self, sql: str) -> Answer:
        found = self._connection.execute(sql)
        columns = {column[0]: str(column[1]) for column in found.description or []}
        return Answer(columns, found.fetchall())

    def close(self) -> None:
        self._connection.close()


class Server:
    """A schema of its own a call, so that a test process can have several copies in one PostgreSQL."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def answer(self, sql: str) -> Answer:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(sql.encode())
            columns = {each.name: OIDS.get(each.type_code, str(each.type_code)) for each in cursor.description or []}
            return Answer(columns, cursor.fetchall())


def declarations(models: Mapping[str, Model], named: Any) -> Iterator[str]:
    """What makes the published tables, without rows."""
    public = [model for model in models.values() if model.header.public]
    for schema in sorted({model.schema for model in public}):
        yield f"create schema {schema}"
    for model in public:
        columns = ", ".join(f'"{name}" {named(SERVED.get(kind, kind))}' for name, kind in model.columns.items())
        yield f"create table {model.name} ({columns})"


@contextmanager
def server(url: str, name: str, models: Mapping[str, Model], files: Files | None) -> Iterator[Server]:
    """A database with the published tables, and the rows of `files` in them."""
    address = url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name}".encode())
        connection.execute(f"create database {name}".encode())
    with psycopg.connect(address, dbname=name, autocommit=True) as connection:
        for statement in declarations(models, lambda kind: DECLARED.get(kind, kind)):
            connection.execute(statement.encode())
        for model in models.values() if files else []:
            if files and model.header.public:
                _copy(connection, model.name, files)
        connection.execute("analyze")
        yield Server(connection)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"drop database {name}".encode())


def _copy(connection: psycopg.Connection, name: str, files: Files) -> None:
    with connection.cursor() as cursor, cursor.copy(f"copy {name} from stdin".encode()) as copy:
        for row in files.answer(f"from {name}").rows:
            copy.write_row(row)


def are_equal(ours: Rows, theirs: Rows) -> bool:
    """Row for row; of doubles the last digits may differ."""
    return len(ours) == len(theirs) and all(map(_are_equal, ours, theirs))


def _are_equal(ours: tuple, theirs: tuple) -> bool:
    pairs = zip(ours, theirs, strict=True)
    return all(isclose(a, b, rel_tol=1e-9) if isinstance(a, float) and b is not None else a == b for a, b in pairs)
