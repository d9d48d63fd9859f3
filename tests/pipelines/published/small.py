"""Published tables made by hand: what is served of one is served of all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import duckdb
import psycopg
from pydantic import SecretStr

from pipelines.models import Model
from pipelines.models.header import Header
from pipelines.published.files import (
    CHANGED,
    Said,
    path_of,
    replace_parts,
    said_by,
    which_rows,
    write_catalog,
    write_table,
)

AS_OF = datetime(2026, 3, 1, 12, tzinfo=UTC).replace(tzinfo=None)
VISITS = {"visit": "BIGINT", "person_id": "VARCHAR", "started_at": "TIMESTAMP", "local_date": "DATE", "ratio": "DOUBLE"}


def model(name: str, columns: dict[str, str], grain: str = "visit", **header) -> Model:
    known = Header(grain=(grain,), public=True, **header)
    return Model(name, Path(f"{name}.sql"), "", known, (), columns=dict(columns))


def visits(count: int, generation: int = 1, odd: int = 7) -> str:
    """A SELECT; each generation changes one row of `odd`."""
    return f"""select range as visit, 'p-' || range % 10 as person_id, timestamp '2026-01-01' + to_minutes(range) as started_at,
        date '2026-01-01' as local_date, case when range % {odd} = 0 then {generation} else 0.5 end as ratio
        from range({count})"""


def put(folder: Path, table: Model, query: str, generation: int = 1) -> None:
    """Publishes one table."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        count = connection.execute(f"select count(*) from ({query})").fetchall()[0][0]
        write_table(connection, folder, query, said_of(table.name, generation, count))
    write_catalog(folder, {table.name: table})


def put_parts(
    folder: Path,
    table: Model,
    query: str,
    generation: int,
    connection: duckdb.DuckDBPyConnection | None = None,
    since: str = "min(started_at)",
) -> None:
    """Publishes the next generation by what differs, of a table with person_id and started_at. Whole, where that is much.

    since: from when on the rows of a person who has such a row are replaced.
    """
    path = path_of(folder, table.name)
    with duckdb.connect() as own:
        connection = connection or own
        before = said_by(connection, path)
        assert before is not None
        old = f"select * from read_duckdb('{path}', table_name = 'rows')"
        connection.execute(f"""
            create or replace temp table {CHANGED} as select person_id, {since} as since
            from (({old} except all {query}) union all ({query} except all {old})) group by person_id""")
        which = which_rows(connection, CHANGED, "started_at")
        new = f"select rows.* from ({query}) as rows join {CHANGED} as parts on {which}"
        said = said_of(table.name, generation, connection.execute(f"select count(*) from ({query})").fetchall()[0][0])
        if not replace_parts(connection, folder, new, said, before, which):
            write_table(connection, folder, query, said, before)


def said_of(name: str, generation: int, count: int) -> Said:
    return Said(name, generation, count, generation, AS_OF, "sha", f"{name} {generation}")


@contextmanager
def database(postgres: str) -> Iterator[str]:
    """The URL of an empty database of its own, at a server's."""
    name = f"d{uuid4().hex}"
    server = postgres.replace("+psycopg", "")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    yield with_database(server, name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)".encode())


def with_database(url: str, name: str) -> str:
    head, question, rest = url.partition("?")
    return head.rpartition("/")[0] + f"/{name}" + question + rest


def with_user(url: str, user: str) -> str:
    return f"postgresql://{user}@{url.partition('@')[2]}" if "@" in url else url.replace("://", f"://{user}@")


def secret(url: str) -> SecretStr:
    return SecretStr(url)


def run(url: str, statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statements.encode())


def rows(url: str, query: str) -> list[tuple]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()
