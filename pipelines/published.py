"""The copy that others read: one Parquet file per public table, replaced whole, beside a catalog of views.

Readers never meet the writer's lock, and a query over one table sees one complete generation. Types are those that every
reader knows: BIGINT, DOUBLE, VARCHAR, BOOLEAN, TIMESTAMP (UTC), DATE. Each file carries, in its own metadata, up to which
ledger position it knows and as of when; the view `published.tables` shows it, so it cannot differ from the rows beside it.
"""

import hashlib
import json
import os
import re
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import duckdb

from pipelines.errors import TrailhouseError
from pipelines.lake import TEMPORARY, replace_durably, write_durably
from pipelines.ledger import Ledger
from pipelines.ledger.alerts import Alerts
from pipelines.ledger.runs import Runs
from pipelines.models import Model
from pipelines.moments import utc
from pipelines.refresh.checks import count
from pipelines.settings import Settings
from pipelines.warehouse import House, Warehouse
from pipelines.warehouse.scope import stored
from pipelines.writable import refuse_read_only

CATALOG = "catalog.duckdb"
STATE = "state.json"
PATIENCE, PAUSE = 30.0, 0.01  # seconds: a publish replaces its files within less
TABLES = "published.tables"
SAID = {  # its columns, as sql/README.md explains them
    "table_name": "VARCHAR",
    "row_count": "BIGINT",
    "ledger_position": "BIGINT",
    "as_of": "TIMESTAMP",
    "code_version": "VARCHAR",
}
SERVED = {
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "HUGEINT": "BIGINT",
    "INTEGER": "BIGINT",
    "JSON": "VARCHAR",
}


class QueryError(TrailhouseError):
    """A question to the published tables cannot be answered; says why and what to do."""


def publish(warehouse: Warehouse) -> dict[str, int]:
    """Writes the public tables and the catalog. Returns {table: rows}. Errors: NotWritable, OSError; the old copy stays."""
    folder = warehouse.settings.published_folder
    refuse_read_only(folder)
    seen, run = Alerts(warehouse.ledger).last_transition(), Runs(warehouse.ledger).newest_update()
    folder.mkdir(parents=True, exist_ok=True)
    public = [model for model in warehouse.models.values() if model.header.public and warehouse.state.table(model.name)]
    warehouse.connection.execute("set preserve_insertion_order = true")
    rows = {model.name: publish_table(warehouse, model) for model in public}
    _write_catalog(folder, public)
    state = _state(_position(warehouse), seen, House(warehouse.config, warehouse.models))
    write_durably(folder / STATE, json.dumps(state | {"run": run}).encode())
    return rows


def _position(warehouse: Warehouse) -> int:
    """What every public table has; others may be built later. The ledger may be further: a batch came, or a table is broken."""
    public = [model for model in warehouse.models.values() if model.header.public]
    return min((_position_of(warehouse, model) for model in public), default=warehouse.position)


def is_up_to_date(settings: Settings, house: House) -> bool:
    """Whether the published copy has all that the ledger has, by today's definitions. Takes no lock."""
    path = settings.published_folder / STATE
    if not path.exists():
        return False
    with closing(Ledger(settings.ledger_address)) as ledger:
        now = _state(ledger.last_batch(), Alerts(ledger).last_transition(), house)
        return now.items() <= json.loads(path.read_text()).items()  # a run is told by itself: see between.py


def _state(position: int, seen: int, house: House) -> dict:
    """seen: the last change that monitors saw, which comes without a batch."""
    tables = {model.name: model.code_version for model in house.models.values()}
    config = {name: repr(rows.to_pylist()) for name, rows in house.config.tables().items()}
    said = json.dumps([tables, config], sort_keys=True)
    return {"ledger_position": position, "transition": seen, "definitions": hashlib.sha256(said.encode()).hexdigest()}


def publish_table(warehouse: Warehouse, model: Model) -> int:
    """One file, replaced whole; returns its rows. Errors: OSError."""
    folder = warehouse.settings.published_folder
    temporary = folder / f"{model.name}.parquet{TEMPORARY}"
    position = _position_of(warehouse, model)
    relation = _shown(warehouse, model, position)
    row_count = count(warehouse.connection, relation)
    said = ", ".join(f"{name}: '{value}'" for name, value in _said_of(warehouse, model, position, row_count).items())
    columns = ", ".join(_served(name, kind) for name, kind in model.columns.items())
    query = f"select {columns} from {relation} order by {', '.join(model.header.grain)}"
    warehouse.connection.execute(
        f"copy ({query}) to '{temporary}' (format parquet, compression zstd, kv_metadata {{{said}}})"
    )
    replace_durably(temporary, folder / f"{model.name}.parquet")
    return row_count


def _position_of(warehouse: Warehouse, model: Model) -> int:
    state = warehouse.state.table(model.name)
    return state.position if state else 0


def _shown(warehouse: Warehouse, model: Model, position: int) -> str:
    """Where the rows are read. Nothing of a view is stored: its query is put over the tables as they stand."""
    if not model.header.view:
        return stored(model.name)
    warehouse.show((model.name,), upto=position)
    return model.name


def _said_of(warehouse: Warehouse, model: Model, position: int, row_count: int) -> dict[str, str]:
    """What a published file says of its rows. `as_of` is absent as long as there is no batch."""
    said = {"table_name": model.name, "row_count": str(row_count), "ledger_position": str(position)}
    said["code_version"] = model.code_version
    as_of = warehouse.ledger.as_of(position)
    return said if as_of is None else said | {"as_of": f"{utc(as_of):%Y-%m-%d %H:%M:%S.%f}"}


def _served(name: str, kind: str) -> str:
    return f"cast({name} as {SERVED[kind]}) as {name}" if kind in SERVED else name


def _write_catalog(folder: Path, models: list[Model]) -> None:
    """Only views; written anew and swapped, so a reader opens the old catalog or the new one."""
    temporary = folder / (CATALOG + TEMPORARY)
    temporary.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{temporary}' as catalog (storage_version 'v1.0.0'); use catalog")
        for model in models:
            connection.execute(f"create schema if not exists {model.schema}")
            path = folder.resolve() / f"{model.name}.parquet"  # a reader's working folder is another one
            connection.execute(f"create view {model.name} as select * from read_parquet('{path}')")
        if models:
            paths = ", ".join(f"'{folder.resolve() / model.name}.parquet'" for model in models)
            connection.execute(f"create schema published; create view {TABLES} as {_tables_query(paths)}")
        connection.execute("use memory; detach catalog")
    replace_durably(temporary, folder / CATALOG)


def _tables_query(paths: str) -> str:
    """One row per published table, out of the files' own metadata."""
    columns = ", ".join(
        f"cast(max(decode(value)) filter (where decode(key) = '{name}') as {kind}) as {name}"
        for name, kind in SAID.items()
    )
    return f"select {columns} from parquet_kv_metadata([{paths}]) group by file_name"


Answer: TypeAlias = tuple[list[str], list[tuple]]


def ask(folder: Path, query: str, parameters: Mapping[str, Any] | None = None) -> Answer:
    """Answers one SELECT from the published tables. Returns (column names, rows). Errors: QueryError.

    parameters: name -> value of each `$name` that the query may use.

    The engine opens a file once for its footer and again for its rows: what was asked while a file was replaced is asked again.
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
        return sorted((each.name, each.inode()) for each in found if not each.name.endswith(TEMPORARY))


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
            raise QueryError(str(error)) from error


def used(query: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The engine refuses values for names that do not occur."""
    return {name: value for name, value in parameters.items() if re.search(rf"\${name}\b", query)}


def _refuse_writes(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    reading = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
    kinds = {statement.type for statement in connection.extract_statements(query)}
    if not kinds or kinds - reading:
        raise QueryError(
            "only SELECT (also DESCRIBE, SHOW, EXPLAIN) is answered: the published tables are a copy to read"
        )
