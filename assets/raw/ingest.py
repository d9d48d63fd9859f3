"""The log: `lake/batches` reads what is new in the inbox, `lake/events` reads a received day again."""

from collections.abc import Iterator

import dagster as dg

from pipelines.house import HOUSE
from pipelines.ledger import Batch
from pipelines.moments import utc
from pipelines.settings import Settings
from pipelines.tables import POOL
from pipelines.warehouse import open_warehouse
from pipelines.work import new_tasks, read, reingest

RECEIVED_DAYS = dg.DailyPartitionsDefinition(
    start_date=HOUSE.config.house.first_received_date.isoformat(), end_offset=1
)
BATCHES, EVENTS = dg.AssetKey(["lake", "batches"]), dg.AssetKey(["lake", "events"])


class IngestConfig(dg.Config):
    """What to read."""

    source: str | None = None  # one source of config/sources.yaml; nothing: all of them
    wait_until_settled: bool = True  # false: also read files that were changed a moment ago


@dg.asset(
    key=BATCHES,
    group_name="lake",
    owners=[HOUSE.config.house.owner],
    kinds={"parquet", "python"},
    pool=POOL,
    description="One row per ingested batch: what is new in the inbox, judged, and committed to the ledger.",
)
def batches(context: dg.AssetExecutionContext, config: IngestConfig) -> dg.MaterializeResult:
    with open_warehouse(Settings(), HOUSE) as warehouse:
        tasks = new_tasks(warehouse, config.source, config.wait_until_settled)
        batch = read(warehouse, tasks, on_progress=lambda done, total: context.log.info(f"{done:,} of {total:,} bytes"))
    for materialization in day_materializations(batch):
        context.log_event(materialization)
    return dg.MaterializeResult(metadata=batch_figures(batch))


@dg.asset(
    key=EVENTS,
    deps=[BATCHES],
    group_name="lake",
    owners=[HOUSE.config.house.owner],
    kinds={"parquet", "python"},
    pool=POOL,
    partitions_def=RECEIVED_DAYS,
    backfill_policy=dg.BackfillPolicy.multi_run(),
    description="One row per event received on a UTC day. Materializing a day reads its files again: what is known changes "
    "nothing, what was refused and is now right becomes an event.",
)
def events(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    day = context.partition_time_window.start.date()
    with open_warehouse(Settings(), HOUSE) as warehouse:
        batch = reingest(warehouse, day)
    return dg.MaterializeResult(metadata=batch_figures(batch))


def batch_figures(batch: Batch) -> dict:
    """Where the records of a batch went, for the UI."""
    counts = batch.counts
    return {
        "dagster/row_count": counts.accepted,
        "batch": batch.batch,
        "as_of": dg.MetadataValue.timestamp(utc(batch.as_of)),
        "files": len(batch.files),
        "records_in": counts.records_in,
        "duplicate_same": counts.duplicate_same,
        "duplicate_conflict": counts.duplicate_conflict,
        "quarantined": counts.quarantined,
        "blank": counts.blank,
        "refused_files": "; ".join(f"{each.path}: {each.reason}: {each.detail}" for each in batch.failures) or "none",
    }


def day_materializations(batch: Batch) -> Iterator[dg.AssetMaterialization]:
    """One for each received day that the batch brought events of."""
    days = sorted({each.received_date for each in batch.segments if each.kind == "events"})
    for day in days:
        rows = sum(each.rows for each in batch.segments if each.kind == "events" and each.received_date == day)
        yield dg.AssetMaterialization(
            EVENTS, partition=day.isoformat(), metadata={"rows_written": rows, "batch": batch.batch}
        )
