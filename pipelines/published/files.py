"""One DuckDB file per public table, each replaced by a new one, and the catalog of views over them.

The new one is made of a query, or of the old one in which the rows of some persons are replaced: of each from a moment on. A file
says what it replaced since it was written whole, so that who has an earlier generation of it can follow.

Source: of a Parquet file the engine reads the footer, and each thread then opens the file again for its rows. Where the file
        was replaced in between, 9 of 100 queries mixed two generations and said nothing. A DuckDB file is opened once.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.lake import TEMPORARY, replace_durably
from pipelines.models import Model

ENDING = ".duckdb"
CATALOG = "catalog.duckdb"  # names the files by their whole paths: whoever mounts the folder does so at the same one
ROWS, SAID_TABLE = "rows", "said"
EARLIER, REPLACED = "earlier", "replaced"  # what it said before, back to a whole one; which rows went since
CHANGED = "temp.changed_parts"  # person_id, since (UTC): of whom, and from which moment on, rows are not as they are published
TABLES = "published.tables"
SAID = {  # its columns, as sql/README.md explains them
    "table_name": "VARCHAR",
    "generation": "BIGINT",
    "row_count": "BIGINT",
    "ledger_position": "BIGINT",
    "as_of": "TIMESTAMP",
    "code_version": "VARCHAR",
}
WITHHELD = "published.withheld"
SERVED = {
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "HUGEINT": "BIGINT",
    "INTEGER": "BIGINT",
    "JSON": "VARCHAR",
}
MOST_APPENDED = 0.1  # of the rows: they lie behind the others, and whoever looks for a person reads all of them
FORMAT = "storage_version 'v1.0.0', block_size 16384"  # what every reader can open; many tables are small


@dataclass(frozen=True, slots=True)
class Said:
    """What a published file says of its rows. as_of: UTC, no zone; None as long as there is no batch.

    made_of: sha256 of all that decides the rows besides the position. appended_count: rows since it was written whole.
    """

    table_name: str
    generation: int
    row_count: int
    ledger_position: int
    as_of: datetime | None
    code_version: str
    made_of: str
    appended_count: int = 0

    @property
    def row(self) -> tuple:
        """Of published.tables."""
        return tuple(getattr(self, name) for name in SAID)

    def query(self) -> str:
        typed = SAID | {"made_of": "VARCHAR", "appended_count": "BIGINT"}
        values = (f"cast({_literal(getattr(self, name))} as {kind}) as {name}" for name, kind in typed.items())
        return f"select {', '.join(values)}"


def _literal(value: str | int | datetime | None) -> str:
    return "null" if value is None else f"'{value}'"


def path_of(folder: Path, name: str) -> Path:
    return folder / f"{name}{ENDING}"


def served_columns(model: Model) -> dict[str, str]:
    """Column -> type of what is published of a table, in order."""
    shown = {name: kind for name, kind in model.columns.items() if name not in model.withheld}
    return {name: SERVED.get(kind, kind) for name, kind in shown.items()}


def standing(folder: Path) -> dict[str, Said]:
    """What every published table says of itself; one that cannot be read is left out, and so is written again."""
    with duckdb.connect() as connection:
        found = {path.stem: said_by(connection, path) for path in _table_files(folder)}
    return {name: said for name, said in found.items() if said is not None}


def said_by(connection: duckdb.DuckDBPyConnection, path: Path) -> Said | None:
    """None where there is no such file, or it cannot be read."""
    with suppress(duckdb.Error):
        rows = connection.execute(f"select * from read_duckdb('{path}', table_name = '{SAID_TABLE}')").fetchall()
        return Said(*rows[0])


def _table_files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.glob(f"*.*{ENDING}"))


def write_table(
    connection: duckdb.DuckDBPyConnection, folder: Path, query: str, said: Said, before: Said | None = None
) -> None:
    """Replaces the table's file by the rows of a query. Errors: duckdb.Error, OSError; the old file stays.

    before: what the old file says, where CHANGED has the rows that are not as they were in it.
    """
    path = path_of(folder, said.table_name)
    temporary = _begin(path)
    with _attached(connection, temporary):
        connection.execute(f"create table publishing.{ROWS} as {query}")
        connection.execute(f"create table publishing.{SAID_TABLE} as {said.query()}")
        if before is not None:
            _remember(connection, said.generation, before)
    replace_durably(temporary, path)


def replace_parts(
    connection: duckdb.DuckDBPyConnection, folder: Path, query: str, said: Said, before: Said, which: str
) -> bool:
    """Replaces the table's file by a copy of it, in which the rows `which` holds for are replaced by those of a query.

    which: condition on `rows` and CHANGED as `parts`. Returns whether it is done; else the old file stays, because too
    much was appended, or there are not as many rows as is said of them. Errors: duckdb.Error, OSError.
    """
    path = path_of(folder, said.table_name)
    temporary = _begin(path)
    shutil.copyfile(path, temporary)
    with _attached(connection, temporary):
        connection.execute(f"delete from publishing.{ROWS} as rows using {CHANGED} as parts where {which}")
        came = connection.execute(f"insert into publishing.{ROWS} {query}").fetchall()[0][0]
        stands = connection.execute(f"select count(*) from publishing.{ROWS}").fetchall()[0][0]
        now = replace(said, appended_count=before.appended_count + came)
        connection.execute(f"create or replace table publishing.{SAID_TABLE} as {now.query()}")
        _remember(connection, said.generation, before)
    if stands != said.row_count or now.appended_count > MOST_APPENDED * stands:
        temporary.unlink()
        return False
    replace_durably(temporary, path)
    return True


def which_rows(connection: duckdb.DuckDBPyConnection, parts: str, start: str) -> str:
    """Condition on `rows` and `parts`, for both engines: of its person, from its moment on.

    parts: a table of person_id and since (UTC). start: the column of rows. The earliest moment of all stands in it as a literal,
    which lets an engine pass over what lies before.
    """
    earliest = connection.execute(f"select cast(min(since) as varchar) from {parts}").fetchall()[0][0]
    return (
        "coalesce(rows.person_id, '') = coalesce(parts.person_id, '')"
        f""" and rows."{start}" >= parts.since and rows."{start}" >= timestamp '{earliest or "infinity"}'"""
    )


def _remember(connection: duckdb.DuckDBPyConnection, generation: int, before: Said) -> None:
    connection.execute(f"create table if not exists publishing.{EARLIER} as {before.query()} limit 0")
    connection.execute(f"insert into publishing.{EARLIER} {before.query()}")
    replaced = f"select cast({generation} as bigint) as generation, person_id, since from {CHANGED}"
    connection.execute(f"create table if not exists publishing.{REPLACED} as {replaced} limit 0")
    connection.execute(f"insert into publishing.{REPLACED} {replaced}")


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    """A new database file called `publishing`, filled in one transaction; detaching it writes all of it into the file."""
    connection.execute(f"attach '{path}' as publishing ({FORMAT})")
    connection.execute("begin")
    try:
        yield
        connection.execute("commit")
        connection.execute("detach publishing")
    except BaseException:
        for statement in ("rollback", "use memory", "detach publishing"):
            with suppress(duckdb.Error):  # it may have come that far already
                connection.execute(statement)
        raise


def _begin(path: Path) -> Path:
    """The temporary name of a file, where nothing of a killed publish is left."""
    temporary = path.with_name(path.name + TEMPORARY)
    for each in (temporary, temporary.with_name(temporary.name + ".wal")):
        each.unlink(missing_ok=True)
    return temporary


def write_catalog(folder: Path, models: Mapping[str, Model]) -> None:
    """Only views; written anew and swapped, so a reader opens the old catalog or the new one."""
    there = {path.stem: models[path.stem] for path in sorted(_table_files(folder)) if path.stem in models}
    temporary = _begin(folder / CATALOG)
    with duckdb.connect() as connection, _attached(connection, temporary):
        connection.execute("use publishing")
        _create_views(connection, folder.resolve(), there)  # a reader's working folder is another one
        connection.execute("use memory")
    replace_durably(temporary, folder / CATALOG)


def _create_views(connection: duckdb.DuckDBPyConnection, folder: Path, models: Mapping[str, Model]) -> None:
    connection.execute("create schema published")
    for name, model in models.items():
        columns = ", ".join(f'"{each}"' for each in served_columns(model))  # one that a file has more disturbs nobody
        connection.execute(f"create schema if not exists {model.schema}")
        connection.execute(f"create view {name} as select {columns} from {_read(folder, [name], ROWS)}")
    if models:
        said = _read(folder, models, SAID_TABLE)
        connection.execute(f"create view {TABLES} as select {', '.join(SAID)} from {said}")
    _write_withheld(connection, models)


def _read(folder: Path, names: Iterable[str], table: str) -> str:
    """Called by its full name: a function that a reader makes in their session cannot stand before it."""
    paths = ", ".join(f"'{path_of(folder, name)}'" for name in names)
    return f"system.main.read_duckdb([{paths}], table_name = '{table}')"


def _write_withheld(connection: duckdb.DuckDBPyConnection, models: Mapping[str, Model]) -> None:
    """So that whoever asks for one of these columns can be told why it is not there."""
    connection.execute(f"create table {WITHHELD} (table_name varchar, column_name varchar)")
    for model in models.values():
        for column in model.withheld:
            connection.execute(f"insert into {WITHHELD} values (?, ?)", [model.name, column])


def remove_others(folder: Path, models: Mapping[str, Model]) -> None:
    """What is public no more goes, after the catalogs that named it."""
    for path in list(_table_files(folder)):
        if path.stem not in models:
            path.unlink()
