"""What the warehouse file says of itself: from which ledger, with which definitions, up to which position each table stands.

It lies in the same file and the same transactions as the tables, so it cannot claim what is not there.
"""

import hashlib
import json
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from pipelines.models import Model
from pipelines.warehouse.scope import WAREHOUSE, stored

HOUSE = f"{WAREHOUSE}.house"
LOGS = ("changed_persons", "changed_dates")  # name: the table that changed; since: the earliest start of a changed row

CREATE = f"""
create schema if not exists {HOUSE};
create table if not exists {HOUSE}.about (ledger_id varchar);
create table if not exists {HOUSE}.tables (
    name varchar primary key, build bigint, position bigint, row_count bigint, definition varchar, inputs varchar
);
create table if not exists {HOUSE}.changed_persons (name varchar, batch bigint, person_id varchar, since timestamptz);
create table if not exists {HOUSE}.changed_dates (name varchar, batch bigint, local_date date);
create table if not exists {HOUSE}.log (warehouse_id varchar, forgotten_upto bigint);
"""

COLUMNS = "name, build, position, row_count, definition, inputs"
INSERT = f"""
insert into {HOUSE}.tables (build, position, row_count, definition, inputs, name) values (?, ?, ?, ?, ?, ?)"""
UPDATE = f"""
update {HOUSE}.tables set build = ?, position = ?, row_count = ?, definition = ?, inputs = ? where name = ?"""


@dataclass(frozen=True, slots=True)
class TableState:
    """`build` numbers the full builds; `definition` and `inputs` say of what this one was made."""

    name: str
    build: int
    position: int
    row_count: int
    definition: dict[str, str]
    inputs: dict[str, int]


class State:
    def __init__(self, connection: duckdb.DuckDBPyConnection, ledger_id: str) -> None:
        self._connection = connection
        self._tables: dict[str, TableState] | None = None  # read when asked for; forgotten with every save
        connection.execute(CREATE)
        known = connection.execute(f"select ledger_id from {HOUSE}.about cross join {HOUSE}.log").fetchone()
        if known != (ledger_id,):
            self._forget_everything(ledger_id)

    def _forget_everything(self, ledger_id: str) -> None:
        """The file was built from another ledger, or is new."""
        for table in ("about", "tables", "log", *LOGS):
            self._connection.execute(f"delete from {HOUSE}.{table}")
        self._connection.execute(f"insert into {HOUSE}.log values (uuid(), 0)")
        self._connection.execute(f"insert into {HOUSE}.about values (?)", [ledger_id])

    def table(self, name: str) -> TableState | None:
        return self._all().get(name)

    def _all(self) -> dict[str, TableState]:
        if self._tables is None:
            rows = self._connection.execute(f"select {COLUMNS} from {HOUSE}.tables").fetchall()
            self._tables = {row[0]: _table_state(row) for row in rows}
        return self._tables

    def save(self, state: TableState) -> None:
        made_of = [json.dumps(each, sort_keys=True) for each in (state.definition, state.inputs)]
        self._connection.execute(
            UPDATE if state.name in self._all() else INSERT,
            [state.build, state.position, state.row_count, *made_of, state.name],
        )
        self._tables = None  # the transaction may yet fail

    def next_build(self) -> int:
        return max((state.build for state in self._all().values()), default=0) + 1

    def lost_rows(self, state: TableState) -> str | None:
        """A damaged write-ahead log opens without complaint and with rows gone: counts tell."""
        try:
            count = self._connection.execute(f"select count(*) from {stored(state.name)}").fetchall()[0][0]
        except duckdb.CatalogException:
            return "its table is gone"
        return None if count == state.row_count else f"it has {count} rows where {state.row_count} were written"

    def forget_changes(self, names: list[str]) -> None:
        """Drops what every one of these tables has read of the log of changes. Call it once that is published."""
        read_by_all = min((state.position if (state := self.table(name)) else 0 for name in names), default=0)
        if read_by_all <= self.forgotten_upto:
            return
        for log in LOGS:
            self._connection.execute(f"delete from {HOUSE}.{log} where batch <= {read_by_all}")
        self._connection.execute(f"update {HOUSE}.log set forgotten_upto = {read_by_all}")

    @property
    def forgotten_upto(self) -> int:
        """The batch up to which the log of changes was dropped; 0: it is whole."""
        return self._log()[1]

    @property
    def warehouse_id(self) -> str:
        """Of this file, until it is emptied: another one has seen other builds, which have the same numbers."""
        return self._log()[0]

    def _log(self) -> tuple[str, int]:
        return self._connection.execute(f"select warehouse_id, forgotten_upto from {HOUSE}.log").fetchall()[0]


def _table_state(row: tuple) -> TableState:
    name, build, position, row_count, definition, inputs = row
    return TableState(name, build, position, row_count, json.loads(definition), json.loads(inputs))


def definition_of(model: Model, models: dict[str, Model], config: dict[str, pa.Table]) -> dict[str, str]:
    """{what: sha256} of everything that decides the table's meaning, views it reads included."""
    found = {"its query": model.code_version}
    for name in model.inputs:
        if name in config:
            found[name] = hashlib.sha256(repr(config[name].to_pylist()).encode()).hexdigest()
        elif name in models and models[name].header.view:
            nested = definition_of(models[name], models, config)
            found |= {f"the query of {name}" if key == "its query" else key: value for key, value in nested.items()}
    return found
