"""A data folder driven by hand: batches, read from files, refreshes, publishes, crashes, deleted files."""

import hashlib
import math
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias
from unittest.mock import patch

import duckdb

from pipelines.files.inbox import find_new
from pipelines.ingest.coordinator import ingest
from pipelines.models.follows import told_by
from pipelines.published import files
from pipelines.published.tables import publish_tables
from pipelines.refresh import Refreshed
from pipelines.settings import Settings
from pipelines.upkeep.compact import compact
from pipelines.warehouse import House, Warehouse, open_lake, open_warehouse
from pipelines.warehouse.scope import stored
from pipelines.work import refresh_tables
from tests.houses import checkout, with_inputs
from tests.laws.happenings import Definitions, Event
from tests.laws.sent import as_of, microseconds, send

Tables: TypeAlias = dict[str, list[dict]]

VIEWS = ("journeys.events", "stages.daily")
MODELS = checkout().models
PUBLISHED = [name for name, model in MODELS.items() if model.header.public and told_by(model, MODELS)]


class Killed(Exception):
    """The process dies here: nothing after this statement reaches the file."""


class Mortal:
    """A connection that dies before statement number `after` + 1 and stays dead. `lived`: the statements until then."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, after: int) -> None:
        self._connection, self._after = connection, after
        self.lived: list[str] = []

    def execute(self, statement: str, *arguments):
        if len(self.lived) >= self._after:
            raise Killed
        self.lived.append(" ".join(statement.split()))
        return self._connection.execute(statement, *arguments)

    def __getattr__(self, name: str):
        return getattr(self._connection, name)


class Rig:
    """One data folder. `definitions` may be changed between refreshes, as a person edits config/.

    minute: when the first batch is recorded. tables: the house has no more than these and what they read. publishes: after
    every refresh, what is published in parts.
    """

    def __init__(
        self,
        folder: Path,
        definitions: Definitions,
        threads: int = 1,
        minute: int = 1,
        tables: Collection[str] = MODELS,
        publishes: bool = False,
    ) -> None:
        self.settings = Settings(data=folder, inbox=folder, threads=threads, processes=1)
        self.definitions = definitions
        self.minute, self.publishes = minute, publishes
        self.models = with_inputs(tables, MODELS)
        self._last: list[Event] = []

    def ingest(self, events: list[Event]) -> None:
        """Sends and reads them as one batch, its recorded time a minute later; where nothing is new there is none."""
        self._last, sources = events, self.definitions.config().sources
        with open_lake(self.settings) as ledger:
            known = ledger.known_files()
            send(self.settings.inbox_root, f"{len(known):04}", events)
            tasks = find_new(self.settings.inbox_root, sources, known, settled=False)
            now = as_of(self.minute + ledger.last_batch())
            batch = ingest(self.settings, sources, ledger, tasks, as_of=microseconds(now))
        assert not batch.failures and not batch.counts.quarantined, batch

    def send_again(self) -> None:
        """The last events once more, in new files and in another order."""
        self.ingest(self._last[::-1])

    def last_batch(self) -> int:
        with open_lake(self.settings) as ledger:
            return ledger.last_batch()

    def open(self):
        return open_warehouse(self.settings, House(self.definitions.config(), self.models))

    def refresh(self, names: Collection[str] = MODELS, full: bool = False) -> list[Refreshed]:
        """Brings these tables (default: all) up to the ledger; full: from nothing."""
        with self.open() as warehouse:
            done = refresh_tables(warehouse, lambda model: model.name in names, full)
            if self.publishes:
                self._publish(warehouse)
            warehouse.forget_changes()
            return done

    def _publish(self, warehouse: Warehouse) -> None:
        built = {name: MODELS[name] for name in PUBLISHED if warehouse.state.table(name)}
        self.settings.published_folder.mkdir(exist_ok=True)
        with patch.object(files, "MOST_APPENDED", math.inf):  # few rows, of which many change
            publish_tables(warehouse, built)

    def wrongly_published(self) -> dict[str, int]:
        """{table: rows that are published and not in the warehouse, or the other way round}."""
        chosen = [name for name in PUBLISHED if name in self.models and self.publishes]
        with self.open() as warehouse:
            return {name: _differing(warehouse, name) for name in chosen}

    def crash(self, after: int) -> list[str]:
        """A refresh that dies after so many statements (or ends, where it has fewer). Returns them."""
        with self.open() as warehouse:
            connection = Mortal(warehouse.connection, after)
            warehouse.connection = warehouse.state._connection = connection  # type: ignore[assignment]
            with suppress(Killed):
                refresh_tables(warehouse)
            return connection.lived

    def compact(self) -> None:
        """One segment a received day, whatever the clock says."""
        with open_lake(self.settings) as ledger:
            compact(self.settings.lake_folder, ledger, after_days=-100_000, keep_hours=0)

    def delete_warehouse(self) -> None:
        self.settings.warehouse_path.unlink(missing_ok=True)
        self.settings.warehouse_path.with_name("warehouse.duckdb.wal").unlink(missing_ok=True)

    def tables(self) -> Tables:
        with self.open() as warehouse:
            stored = [name for name, model in self.models.items() if not model.header.view]
            return {name: rows_of(warehouse, name) for name in (*stored, *VIEWS) if name in self.models}


def _differing(warehouse: Warehouse, name: str) -> int:
    model = MODELS[name]
    columns = ", ".join(f'cast("{each}" as {kind}) as "{each}"' for each, kind in files.served_columns(model).items())
    file = files.path_of(warehouse.settings.published_folder, name)
    published = f"select {columns} from read_duckdb('{file}', table_name = '{files.ROWS}')"
    warehouse.show((name,))
    stands = f"select {columns} from {name}"
    query = f"({published} except all {stands}) union all ({stands} except all {published})"
    return warehouse.connection.execute(f"select count(*) from ({query})").fetchall()[0][0]


def rows_of(warehouse: Warehouse, name: str) -> list[dict]:
    """Of a stored table, or of a view that reads stored tables only."""
    warehouse.connection.execute("use warehouse")
    rows = f"({MODELS[name].text})" if MODELS[name].header.view else stored(name)
    found = warehouse.connection.execute(f"select * from {rows} order by all")
    columns = [column[0] for column in found.description or []]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def digest(tables: Tables) -> str:
    return hashlib.sha256(repr(tables).encode()).hexdigest()
