"""The warehouse: one DuckDB file, a cache that can be deleted at any time. Open it, and know what the log holds.

DuckDB runs in memory with the file attached, in UTC; a second writer is kept out by our own lock, with a message.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import duckdb
import pyarrow as pa

from pipelines.config import Config, load_config
from pipelines.config.publish import withhold
from pipelines.config.yaml_lines import ConfigError
from pipelines.envelope import EVENT_SCHEMA, QUARANTINE_SCHEMA
from pipelines.lake import remove_unacknowledged
from pipelines.ledger import Ledger
from pipelines.ledger.tables import arrow_schema, metadata
from pipelines.lock import writer_lock
from pipelines.models import Model, create_from_arrow, load_models
from pipelines.models.follows import behind
from pipelines.models.header import PERSON
from pipelines.settings import Settings
from pipelines.warehouse.scope import WAREHOUSE, Lake, Scope, number_cut
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
        self._in_memory: dict[str, bool] = {}  # small tables in the connection's memory: is it cut by batch?
        self.read_ledger()

    def read_ledger(self) -> None:
        """Takes the ledger's present position; call it after an ingest."""
        self.position = self.ledger.last_batch()
        self._in_memory = {name: each for name, each in self._in_memory.items() if name in self.config_tables}

    def show(
        self,
        names: tuple[str, ...],
        cuts: Mapping[str, str] = MappingProxyType({}),
        after: int = 0,
        upto: int | None = None,
        held: Collection[int] = (),
    ) -> None:
        """Puts the names into the connection's scope, with the log cut to batches in (after, upto] and those in `held`.

        cuts: as of `Scope`. upto: the ledger's present position by default.
        """
        lake = self._lake(names, after, self.position if upto is None else upto, held)
        Scope(self.connection, lake, self.models).show(names, cuts)

    def _lake(self, names: tuple[str, ...], after: int, upto: int, held: Collection[int]) -> Lake:
        """Of the log no more than what is read behind `names`."""
        read = set().union(*(behind(name, self.models) for name in names))
        kinds = [kind for kind in SEGMENT_SCHEMAS if f"lake.{kind}" in read]
        segments = {kind: self.ledger.segments(kind, after, upto, held) for kind in kinds}
        cuts = {
            kind: number_cut(each, SEGMENT_SCHEMAS[kind].names[0], after, upto, held) for kind, each in segments.items()
        }
        small = {name for name in read if name.split(".")[0] in ("config", "ledger")}
        tables = {name: self._small_table(name, after, upto) for name in small}
        return Lake(str(self.settings.lake_folder), segments, tables, SEGMENT_SCHEMAS, cuts)

    def _small_table(self, name: str, after: int, upto: int) -> str:
        """It is put into the connection's memory once; of the ledger's tables once for each position."""
        if name not in self._in_memory:
            is_config = name in self.config_tables
            rows = self.config_tables[name] if is_config else self.ledger.arrow_tables({name})[name]
            create_from_arrow(self.connection, f"memory.{name}", rows)
            self._in_memory[name] = "batch" in rows.column_names and not is_config
        between = f" where batch > {after} and batch <= {upto}" if self._in_memory[name] else ""
        return f"select * from memory.{name}{between}"

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
        """Drops what the tables that follow persons or dates have read of the log of changes. Call it once that is published."""
        with self.transaction():
            self.state.forget_changes([m.name for m in self.models.values() if m.header.by in (PERSON, "local_date")])

    def close(self) -> None:
        self.connection.close()


def is_cut_by_batch(name: str) -> bool:
    """Of `schema.table`: whether it is part of the log, of which a query may see some batches only."""
    schema, table = name.split(".")
    return schema == "lake" or (schema == "ledger" and "batch" in metadata.tables[table].columns)


def _connect(settings: Settings) -> duckdb.DuckDBPyConnection:
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    try:
        return _attach(settings)
    except duckdb.IOException as error:
        if not is_damage(error):
            raise
        logging.warning("%s: %s; put aside, every table is built anew", settings.warehouse_path, error)
    _put_aside(settings.warehouse_path)
    return _attach(settings)


# what DuckDB says of a file that is cut or overwritten; a file in use or a full disk is no reason to give it up
DAMAGED = ("not a valid DuckDB database file", "Could not read enough bytes", "Corrupt database file")


def is_damage(error: duckdb.Error) -> bool:
    """Whether it says that a database file is not what was written; else the disk, or the query, is to blame."""
    return any(each in str(error) for each in DAMAGED)


def _put_aside(path: Path) -> None:
    path.replace(path.with_name(path.name + ".damaged"))
    path.with_name(path.name + ".wal").unlink(missing_ok=True)


# Of changes that only stand in the write-ahead log: a refresh writes its tables into the file once, at the end, not after each.
CHECKPOINT_AFTER = "1GB"


def _attach(settings: Settings) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute(f"""
        set TimeZone = 'UTC';
        set threads = {settings.threads};
        set memory_limit = '{settings.memory_limit}';
        set temp_directory = '{settings.data_folder / "spill"}';
        set preserve_insertion_order = false;
        set checkpoint_threshold = '{CHECKPOINT_AFTER}';
        attach '{settings.warehouse_path}' as {WAREHOUSE} (storage_version 'v1.0.0')""")
    return connection


def base_tables(config: Config) -> dict[str, pa.Table]:
    """What no model builds, with no rows: the types that queries are bound against."""
    lake = {f"lake.{kind}": schema.empty_table() for kind, schema in SEGMENT_SCHEMAS.items()}
    ledger = {f"ledger.{name}": arrow_schema(table).empty_table() for name, table in metadata.tables.items()}
    return lake | ledger | config.tables()


def load_house(settings: Settings) -> House:
    """Errors: ConfigError, ModelError with file and line."""
    from pipelines.monitors.binding import refuse_unbound  # which reads of tables what stands here
    from pipelines.reports.refusals import refuse_wrong_reports  # which reads what is published, and so this file

    config = load_config(settings.config_folder)
    models = load_models(settings.home, base_tables(config), settings.home / "tests" / "sql")
    withhold(settings.config_folder / "publish.yaml", config.publish, models)
    refuse_wrong_reports(settings.config_folder / "reports.yaml", config.reports, models, settings.templates_folder)
    refuse_unbound(settings.config_folder / "monitors.yaml", config.monitors, models)
    return House(config, models)


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
