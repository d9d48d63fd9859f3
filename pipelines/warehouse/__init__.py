"""The warehouse: one DuckDB file, a cache that can be deleted at any time. Open it, and know what the log holds.

DuckDB runs in memory with the file attached, in UTC; a second writer is kept out by our own lock, with a message.
"""

import logging
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.config import Config, load_config
from pipelines.config.yaml_lines import ConfigError
from pipelines.envelope import EVENT_SCHEMA, QUARANTINE_SCHEMA
from pipelines.lake import remove_unacknowledged
from pipelines.ledger import Ledger
from pipelines.ledger.tables import arrow_schema, metadata
from pipelines.lock import writer_lock
from pipelines.models import Model, load_models
from pipelines.settings import Settings
from pipelines.warehouse.scope import WAREHOUSE, Lake, number_cut
from pipelines.warehouse.state import State
from pipelines.writable import refuse_read_only

SEGMENT_SCHEMAS = {"events": EVENT_SCHEMA, "quarantine": QUARANTINE_SCHEMA}


@dataclass(frozen=True, slots=True)
class House:
    """Config and tables as the checkout defines them; loaded once in a process."""

    config: Config
    models: dict[str, Model]


class Warehouse:
    """One open connection. Hold the writer's lock while you have it; `open_warehouse` does."""

    def __init__(self, settings: Settings, ledger: Ledger, house: House) -> None:
        self.settings, self.ledger, self.config, self.models = settings, ledger, house.config, house.models
        self.config_tables = house.config.tables()
        self.connection = _connect(settings)
        self.state = State(self.connection, ledger.ledger_id)
        self.read_ledger()

    def read_ledger(self) -> None:
        """Takes the ledger's present position; call it after an ingest."""
        self.position = self.ledger.last_batch()
        self._tables: dict[str, pa.Table] | None = None  # read when a query wants them

    def lake(self, after: int, upto: int, held: Collection[int] = ()) -> Lake:
        """The log cut to batches in (after, upto] and those in `held`."""
        segments = {kind: self.ledger.segments(kind, after, upto, held) for kind in SEGMENT_SCHEMAS}
        cuts = {
            kind: number_cut(each, SEGMENT_SCHEMAS[kind].names[0], after, upto, held) for kind, each in segments.items()
        }
        if self._tables is None:
            self._tables = self.ledger.arrow_tables({name for model in self.models.values() for name in model.inputs})
        tables = {name: _between(rows, after, upto) for name, rows in self._tables.items()}
        return Lake(str(self.settings.lake_folder), segments, self.config_tables | tables, SEGMENT_SCHEMAS, cuts)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits at the end, rolls back on any exception."""
        self.connection.execute("begin")
        try:
            yield
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    def forget_changes(self) -> None:
        """Drops what every table that follows persons or dates has read of the log of changes."""
        self.state.forget_changes([m.name for m in self.models.values() if m.header.by in ("person_id", "local_date")])

    def close(self) -> None:
        self.connection.close()


def _between(rows: pa.Table, after: int, upto: int) -> pa.Table:
    """A table of the ledger as it stood at a position, without what stood at an earlier one."""
    if "batch" not in rows.column_names:
        return rows
    batch = pc.field("batch")
    return rows.filter((batch > after) & (batch <= upto))


def _connect(settings: Settings) -> duckdb.DuckDBPyConnection:
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    try:
        return _attach(settings)
    except duckdb.IOException as error:
        if not any(each in str(error) for each in DAMAGED):
            raise
        logging.warning("%s: %s; put aside, every table is built anew", settings.warehouse_path, error)
    _put_aside(settings.warehouse_path)
    return _attach(settings)


# what DuckDB says of a file that is cut or overwritten; a file in use or a full disk is no reason to give it up
DAMAGED = ("not a valid DuckDB database file", "Could not read enough bytes", "Corrupt database file")


def _put_aside(path: Path) -> None:
    path.replace(path.with_name(path.name + ".damaged"))
    path.with_name(path.name + ".wal").unlink(missing_ok=True)


def _attach(settings: Settings) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute(f"""
        set TimeZone = 'UTC';
        set threads = {settings.threads};
        set memory_limit = '{settings.memory_limit}';
        set temp_directory = '{settings.data_folder / "spill"}';
        set preserve_insertion_order = false;
        attach '{settings.warehouse_path}' as {WAREHOUSE} (storage_version 'v1.0.0')""")
    return connection


def base_tables(config: Config) -> dict[str, pa.Table]:
    """What no model builds, with no rows: the types that queries are bound against."""
    lake = {f"lake.{kind}": schema.empty_table() for kind, schema in SEGMENT_SCHEMAS.items()}
    ledger = {f"ledger.{name}": arrow_schema(table).empty_table() for name, table in metadata.tables.items()}
    return lake | ledger | config.tables()


def load_house(settings: Settings) -> House:
    """Errors: ConfigError, ModelError with file and line."""
    config = load_config(settings.config_folder)
    return House(config, load_models(settings.home, base_tables(config), settings.home / "tests" / "sql"))


def refuse_lost_sources(settings: Settings, ledger: Ledger, config: Config) -> None:
    """A source's namespace says whose its ids are: without it every table would lose the source's events in silence.

    Errors: ConfigError naming the sources.
    """
    lost = [name for name in ledger.sources_of_events() if name not in config.sources]
    if lost:
        what = f"the lake holds events of {', '.join(lost)}, which this file no longer has"
        cure = "put each back as it was; with `retired: true` its folder is read no more"
        raise ConfigError(f"{settings.config_folder / 'sources.yaml'}:1: {what}; {cure}")


@contextmanager
def open_lake(settings: Settings, wait_seconds: float | None = None) -> Iterator[Ledger]:
    """The ledger, with the writer's lock held and nothing in the lake that a killed writer left.

    Errors: NotWritable, lock.Busy, LedgerError, LakeError.
    """
    wait = settings.lock_wait_seconds if wait_seconds is None else wait_seconds
    refuse_read_only(settings.data_folder, settings.lake_folder)
    with (
        writer_lock(settings.data_folder / "writer.lock", wait),
        closing(Ledger(settings.ledger_address)) as ledger,
    ):
        remove_unacknowledged(settings.lake_folder, ledger.segment_paths(), ledger.replaced_among)
        yield ledger


@contextmanager
def open_warehouse(settings: Settings, house: House, wait_seconds: float | None = None) -> Iterator[Warehouse]:
    """The warehouse and its ledger, with the writer's lock held. Errors: those of `open_lake`, ConfigError."""
    with open_lake(settings, wait_seconds) as ledger:
        refuse_lost_sources(settings, ledger, house.config)
        warehouse = Warehouse(settings, ledger, house)
        with closing(warehouse):
            yield warehouse
