"""Received days: the partitions of `lake/events`, and what Dagster is told of each."""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date

import dagster as dg

from pipelines.house import HOUSE
from pipelines.ledger import Batch
from pipelines.orchestration.asset_specs import EVENTS
from pipelines.warehouse import Warehouse

RECEIVED_DAYS = dg.DailyPartitionsDefinition(
    start_date=HOUSE.config.house.first_received_date.isoformat(), end_offset=1
)


def rows_received(warehouse: Warehouse) -> Counter[date]:
    """Events received on each day, whatever batch brought them."""
    rows: Counter[date] = Counter()
    for segment in warehouse.ledger.segments("events", 0, warehouse.position):
        rows[segment.received_date] += segment.rows
    return rows


def days_unknown_to(instance: dg.DagsterInstance, warehouse: Warehouse) -> set[date]:
    """Received days that Dagster has no word of: the command line read them, or another instance."""
    known = instance.get_materialized_partitions(EVENTS)
    return {day for day in rows_received(warehouse) if day.isoformat() not in known}


def received_days(warehouse: Warehouse, batch: Batch, more: Collection[date] = ()) -> Iterator[dg.AssetMaterialization]:
    """One for each received day that the batch brought events of, and for each in `more`, that is a partition."""
    written: Counter[date] = Counter()
    for segment in batch.segments:
        if segment.kind == "events":
            written[segment.received_date] += segment.rows
    in_all = rows_received(warehouse)
    for day in sorted({*written, *more}):
        if RECEIVED_DAYS.has_partition_key(day.isoformat()):
            figures = {"dagster/partition_row_count": in_all[day], "rows_written": written[day], "batch": batch.batch}
            yield dg.AssetMaterialization(EVENTS, partition=day.isoformat(), metadata=figures)
