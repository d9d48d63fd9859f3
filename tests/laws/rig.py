"""A data folder driven by hand: batches as real segments and ledger commits, refreshes, crashes, deleted files."""

import hashlib
import json
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import duckdb
import pyarrow as pa

from pipelines.envelope import EVENT_SCHEMA
from pipelines.lake import Segment, split_by_received_date, write_segment
from pipelines.ledger import Batch, Counts, Ledger
from pipelines.models import load_models
from pipelines.refresh import Refreshed
from pipelines.settings import Settings
from pipelines.upkeep.compact import compact
from pipelines.warehouse import House, Warehouse, base_tables, open_lake, open_warehouse
from pipelines.warehouse.scope import stored
from pipelines.work import refresh_tables
from tests.laws.happenings import Definitions, Event, moment

Tables: TypeAlias = dict[str, list[dict]]

FIRST_RECORDED = moment("2026-10-27 22:59")  # amid the events of one season: some of what they imply lies ahead
EPOCH, MINUTE = moment("1970-01-01 00:00"), timedelta(minutes=1)
VIEWS = ("journeys.events", "stages.daily")

MODELS = load_models(Settings().home, base_tables(Definitions().config()))


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

    as_of: recorded time of the latest batch. Each is recorded a minute after the one before.
    """

    def __init__(
        self, folder: Path, definitions: Definitions, threads: int = 1, as_of: datetime = FIRST_RECORDED
    ) -> None:
        self.settings = Settings(data=folder, threads=threads)
        self.definitions = definitions
        self.as_of = as_of
        self._batches = 0

    def ingest(self, events: list[Event]) -> None:
        """One acknowledged batch."""
        self._batches += 1
        self.as_of += MINUTE
        rows = [_row(self._batches << 32 | number, event) for number, event in enumerate(events, 1)]
        segments = self._write(pa.Table.from_pylist(rows, schema=EVENT_SCHEMA))
        counts = Counts(records_in=len(events), accepted=len(events))
        ledger = Ledger(self.settings.ledger_address)
        ledger.commit(Batch(self._batches, "ingest", self._recorded(), 0, counts, [], segments))
        ledger.close()

    def _recorded(self) -> int:
        return (self.as_of - EPOCH) // timedelta(microseconds=1)

    def _write(self, table: pa.Table) -> list[Segment]:
        name, lake = f"{self._batches:010d}-0", self.settings.lake_folder
        return [write_segment(lake, "events", part, day, name) for day, part in split_by_received_date(table)]

    def open(self):
        return open_warehouse(self.settings, House(self.definitions.config(), MODELS))

    def refresh(self, names: Collection[str] = MODELS, full: bool = False) -> list[Refreshed]:
        """Brings these tables (default: all) up to the ledger; full: from nothing."""
        with self.open() as warehouse:
            return refresh_tables(warehouse, lambda model: model.name in names, full)

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
            tables = {name: rows_of(warehouse, name) for name, model in MODELS.items() if not model.header.view}
            return tables | {name: rows_of(warehouse, name) for name in VIEWS}


def rows_of(warehouse: Warehouse, name: str) -> list[dict]:
    """Of a stored table, or of a view that reads stored tables only."""
    warehouse.connection.execute("use warehouse")
    rows = f"({MODELS[name].text})" if MODELS[name].header.view else stored(name)
    found = warehouse.connection.execute(f"select * from {rows} order by all")
    columns = [column[0] for column in found.description or []]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def digest(tables: Tables) -> str:
    return hashlib.sha256(repr(tables).encode()).hexdigest()


def _context(event: Event) -> str | None:
    said = {"page": {"path": event.path}} if event.path else {}
    said |= {"user_agent": event.user_agent} if event.user_agent else {}
    return json.dumps(said) if said else None


def _row(number: int, event: Event) -> dict:
    return {
        "event_number": number,
        "source": event.source,
        "event_id": event.event_id,
        "event_name": event.event_name,
        "occurred_at": event.occurred_at,
        "received_at": event.occurred_at,
        "raw_timestamp": event.occurred_at.isoformat(),
        "user_id": event.user_id,
        "anonymous_id": event.anonymous_id,
        "other_user_id": event.other_user_id,
        "other_ids": [{"kind": kind, "value": value} for kind, value in event.other_ids] or None,
        "properties": json.dumps({name: said for name in ("plan", "email") if (said := getattr(event, name))}),
        "context": _context(event),
        "payload_hash": 0,
    }
