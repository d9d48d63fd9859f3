"""The log: `lake/batches` reads what is new in the inbox, `lake/events` reads received days again."""

from collections.abc import Iterator
from datetime import date
from enum import Enum

import dagster as dg
from pydantic import Field

from pipelines.asset_specs import BATCHES, EVENTS, FRESHNESS, columns_of
from pipelines.envelope import EVENT_SCHEMA
from pipelines.house import HOUSE
from pipelines.ledger import Batch
from pipelines.ledger_tables import arrow_schema
from pipelines.ledger_tables import batches as batches_table
from pipelines.moments import utc
from pipelines.settings import Settings
from pipelines.tables import POOL
from pipelines.warehouse import Warehouse, open_warehouse
from pipelines.work import new_tasks, read, tasks_of_days

RECEIVED_DAYS = dg.DailyPartitionsDefinition(
    start_date=HOUSE.config.house.first_received_date.isoformat(), end_offset=1
)
OWNERS = [HOUSE.config.house.owner]

# the launchpad offers the names, and refuses another one before anything starts
SourceName = Enum("SourceName", {name: name for name in HOUSE.config.sources})
WHICH = "one source of config/sources.yaml; null: all of them"


class IngestConfig(dg.Config):
    """What to read."""

    source: SourceName | None = Field(None, description=WHICH)  # pyright: ignore[reportInvalidTypeForm]
    wait_until_settled: bool = Field(default=True, description="false: also files that were changed a moment ago")


class ReingestConfig(dg.Config):
    """Of which source to read the chosen days again."""

    source: SourceName | None = Field(None, description=WHICH)  # pyright: ignore[reportInvalidTypeForm]


@dg.asset(
    key=BATCHES,
    group_name="lake",
    owners=OWNERS,
    kinds={"parquet", "python"},
    tags={"refreshed_by": "batch", "public": "no"},
    pool=POOL,
    freshness_policy=FRESHNESS,
    metadata={"dagster/column_schema": columns_of(arrow_schema(batches_table))},
    description="One row per ingested batch: what is new in the inbox, judged, and committed to the ledger.",
)
def batches(context: dg.AssetExecutionContext, config: IngestConfig) -> dg.MaterializeResult:
    with open_warehouse(Settings(), HOUSE) as warehouse:
        tasks = new_tasks(warehouse, _name(config.source), config.wait_until_settled)
        batch = read(warehouse, tasks, on_progress=lambda done, total: context.log.info(f"{done:,} of {total:,} bytes"))
        for each in received_days(warehouse, batch):
            context.instance.report_runless_asset_event(each)  # outlives the run, whose history is pruned
        return dg.MaterializeResult(metadata=batch_figures(warehouse, batch))


@dg.asset(
    key=EVENTS,
    deps=[BATCHES],
    group_name="lake",
    owners=OWNERS,
    kinds={"parquet", "python"},
    tags={"refreshed_by": "batch", "public": "no"},
    pool=POOL,
    partitions_def=RECEIVED_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    metadata={"dagster/column_schema": columns_of(EVENT_SCHEMA)},
    description="One row per event received on a UTC day.\n\nMaterializing a day, or a range of days, reads its files again: "
    "what is known changes nothing; what was refused and is now right becomes an event. The tables follow within 15 minutes.",
)
def events(context: dg.AssetExecutionContext, config: ReingestConfig) -> dg.MaterializeResult:
    days = [date.fromisoformat(key) for key in context.partition_keys]
    with open_warehouse(Settings(), HOUSE) as warehouse:
        tasks, gone = tasks_of_days(warehouse, days, _name(config.source))
        for path in gone:
            context.log.warning(f"{path} is gone; what came from it stays as it was read")
        batch = read(warehouse, tasks, kind="reingest")
        for day in days:
            rows = {"dagster/partition_row_count": rows_received(warehouse, day)}
            context.add_asset_metadata(rows, EVENTS, day.isoformat())
        return dg.MaterializeResult(metadata=batch_figures(warehouse, batch))


def _name(source: Enum | None) -> str | None:
    return None if source is None else source.value


def rows_received(warehouse: Warehouse, day: date) -> int:
    """All events received on the day, whatever batch brought them."""
    segments = warehouse.ledger.segments("events", 0, warehouse.position)
    return sum(each.rows for each in segments if each.received_date == day)


def batch_figures(warehouse: Warehouse, batch: Batch) -> dict:
    """Where the records of a batch went; its number is 0 when there was nothing to commit."""
    counts = batch.counts
    return {
        "dagster/row_count": warehouse.position,
        "batch": batch.batch,
        "as_of": dg.MetadataValue.timestamp(utc(batch.as_of)),
        "files": len(batch.files),
        "records_in": counts.records_in,
        "accepted": counts.accepted,
        "duplicate_same": counts.duplicate_same,
        "duplicate_conflict": counts.duplicate_conflict,
        "quarantined": counts.quarantined,
        "blank": counts.blank,
        "refused_files": "; ".join(f"{each.path}: {each.reason}: {each.detail}" for each in batch.failures) or "none",
    }


def received_days(warehouse: Warehouse, batch: Batch) -> Iterator[dg.AssetMaterialization]:
    """One for each received day that the batch brought events of; days before the first partition have none."""
    segments = [each for each in batch.segments if each.kind == "events"]
    for day in sorted({each.received_date for each in segments}):
        if RECEIVED_DAYS.has_partition_key(day.isoformat()):
            figures = {
                "dagster/partition_row_count": rows_received(warehouse, day),
                "rows_written": sum(each.rows for each in segments if each.received_date == day),
                "batch": batch.batch,
            }
            yield dg.AssetMaterialization(EVENTS, partition=day.isoformat(), metadata=figures)
