"""The published tables as PostgreSQL has them: which there are, with which columns and indexes, and who may read them."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from pipelines.models import Model
from pipelines.published.files import SAID, TABLES, served_columns
from pipelines.published.server import Session, listed

Columns: TypeAlias = dict[str, str]  # name -> type, as PostgreSQL writes it

READER = "trailhouse_reader"
TYPES = {
    "BIGINT": "bigint",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "BOOLEAN": "boolean",
    "TIMESTAMP": "timestamp without time zone",
    "DATE": "date",
}
SHAPES = """
select nspname || '.' || relname, attname, format_type(atttypid, atttypmod)
from pg_attribute join pg_class on pg_class.oid = attrelid join pg_namespace on pg_namespace.oid = relnamespace
where relkind = 'r' and attnum > 0 and not attisdropped and nspname = any(%s) order by attnum"""


class Shapes:
    """Inside the one transaction that publishes. `found`: table -> its columns, as they stand there."""

    def __init__(self, session: Session, names: Iterable[str]) -> None:
        self._execute = session.execute
        self._make_reader()
        schemas = sorted({TABLES.split(".")[0], *(name.split(".")[0] for name in names)})
        for schema in schemas:
            self._execute(f"create schema if not exists {schema}")
            self._execute(f"grant usage on schema {schema} to {READER}")
        self._execute(f"create table if not exists {TABLES} ({_declared(SAID)}, primary key (table_name))")
        self.found: dict[str, Columns] = {}
        for table, column, kind in self._execute(SHAPES, [schemas]).fetchall():
            self.found.setdefault(table, {})[column] = kind

    def _make_reader(self) -> None:
        if not self._execute("select from pg_roles where rolname = %s", [READER]).rowcount:
            self._execute(f"create role {READER} nologin")

    def is_altered(self, model: Model) -> bool:
        return model.name in self.found and self.found[model.name] != _columns(model)

    def stands_as_it_is(self, model: Model) -> bool:
        return model.name in self.found and not self.is_altered(model)

    def make(self, model: Model) -> None:
        """Creates the table, or alters it, which keeps what was granted. It has no rows afterwards."""
        if model.name not in self.found:
            self._execute(f"create table {model.name} ({_declared(served_columns(model))})")
            return
        self._execute(f"delete from {model.name}")  # first, so no value is asked to become another type
        if self.is_altered(model):
            self._execute(f"alter table {model.name} {', '.join(_steps(model, self.found[model.name]))}")

    def index(self, model: Model) -> None:
        """What panels choose rows by, and what is written over: the grain, the person, the time."""
        for columns in _indexes(model):
            name = "_".join([model.table, *columns])
            self._execute(f'create index if not exists "{name}" on {model.name} ({listed(columns)})')

    def drop(self, names: Iterable[str]) -> None:
        for name in sorted(names):
            self._execute(f"drop table if exists {name}")
            self._execute(f"delete from {TABLES} where table_name = %s", [name])

    def let_read(self, names: Iterable[str]) -> None:
        """A table keeps what was granted on it, to whomever; so only a new one needs it."""
        for name in (TABLES, *names):
            if self._execute("select has_table_privilege(%s, %s, 'select')", [READER, name]).fetchone() != (True,):
                self._execute(f"grant select on {name} to {READER}")


def _columns(model: Model) -> Columns:
    return {name: TYPES[kind] for name, kind in served_columns(model).items()}


def _declared(columns: Mapping[str, str]) -> str:
    return ", ".join(f'"{name}" {_type(kind)}' for name, kind in columns.items())


def _type(kind: str) -> str:
    """Texts sort as the engine sorts them, whatever the server's locale."""
    return f'{TYPES[kind]} collate "C"' if kind == "VARCHAR" else TYPES[kind]


def _steps(model: Model, there: Columns) -> list[str]:
    wanted = served_columns(model)
    steps = [f'drop column "{name}"' for name in there if name not in wanted]
    steps += [f'add column "{name}" {_type(kind)}' for name, kind in wanted.items() if name not in there]
    changed = {name: kind for name, kind in wanted.items() if there.get(name, TYPES[kind]) != TYPES[kind]}
    return steps + [f'alter column "{name}" type {_type(kind)} using null' for name, kind in changed.items()]


def _indexes(model: Model) -> list[tuple[str, ...]]:
    shown, header = served_columns(model), model.header
    others = [(each,) for each in ("person_id", header.date, header.start) if each in shown and each != header.grain[0]]
    return [*([header.grain] if set(header.grain) <= set(shown) else []), *dict.fromkeys(others)]
