"""The log: `lake/batches` reads what is new in the inbox, `lake/events` reads received days again."""

from collections.abc import Callable
from datetime import date
from enum import Enum

import dagster as dg
from pydantic import Field

from assets.raw.received import RECEIVED_DAYS, days_unknown_to, received_days, rows_received
from pipelines.envelope import EVENT_SCHEMA
from pipelines.house import HOUSE
from pipelines.ingest.coordinator import Progress
from pipelines.ledger import Batch
from pipelines.ledger.tables import arrow_schema
from pipelines.ledger.tables import batches as batches_table
from pipelines.moments import utc
from pipelines.orchestration.asset_specs import BATCHES, EVENTS, FRESHNESS, columns_of
from pipelines.orchestration.tables import POOL
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse, open_warehouse
from pipelines.work import new_tasks, read, tasks_of_days

# the launchpad offers the names, and refuses another one before anything starts
SourceName = Enum("SourceName", {name: name for name in HOUSE.config.read_sources})
WHICH = "one source of config/sources.yaml; null: all of them"


class IngestConfig(dg.Config):
    """What to read."""

    source: SourceName | None = Field(None, description=WHICH)  # pyright: ignore[reportInvalidTypeForm]
    wait_until_settled: bool = Field(default=True, description="false: also files that were changed a moment ago")


class ReingestConfig(dg.Config):
    """Of which source to read the chosen days again."""

    source: SourceName | None = Field(None, description=WHICH)  # pyright: ignore[reportInvalidTypeForm]


def _spec(key: dg.AssetKey, description: str, columns: dg.TableSchema, **more) -> dg.AssetSpec:
    return dg.AssetSpec(
        key,
        group_name="lake",
        owners=[HOUSE.config.house.owner],
        kinds={"parquet", "python"},
        tags={"refreshed_by": "batch", "public": "no"},
        description=description,
        metadata={"dagster/column_schema": columns},
        **more,
    )


MEANINGS = {name: model.header.columns for name, model in HOUSE.models.items()}

BATCHES_SPEC = _spec(
    BATCHES,
    "One row per ingested batch: what is new in the inbox, judged, and committed to the ledger.",
    columns_of(arrow_schema(batches_table), MEANINGS["raw.batches"]),
    freshness_policy=FRESHNESS,
)

EVENTS_SPEC = _spec(
    EVENTS,
    "One row per event received on a UTC day.\n\nMaterializing a day, or a range of days, reads its files again: what is known "
    "changes nothing; what was refused and is now right becomes an event. The tables follow within 15 minutes.",
    columns_of(EVENT_SCHEMA, MEANINGS["raw.events"]),
    deps=[BATCHES],
)


@dg.multi_asset(name="lake_batches", specs=[BATCHES_SPEC], pool=POOL, description="Reads what is new in the inbox.")
def batches(context: dg.AssetExecutionContext, config: IngestConfig) -> dg.MaterializeResult:
    with open_warehouse(Settings(), HOUSE) as warehouse:
        tasks = new_tasks(warehouse, _name(config.source), config.wait_until_settled)
        batch = read(warehouse, tasks, on_progress=_tenths(context.log.info))
        unknown = days_unknown_to(context.instance, warehouse)
        reports = list(received_days(warehouse, batch, unknown))
        figures = batch_figures(warehouse, batch)
    for each in reports:
        context.instance.report_runless_asset_event(each)  # outlives the run, whose history is pruned
    return dg.MaterializeResult(asset_key=BATCHES, metadata=figures)


@dg.multi_asset(
    name="lake_events",
    specs=[EVENTS_SPEC],
    pool=POOL,
    partitions_def=RECEIVED_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    description="Reads the files of received days again.",
)
def events(context: dg.AssetExecutionContext, config: ReingestConfig) -> dg.MaterializeResult:
    days = [date.fromisoformat(key) for key in context.partition_keys]
    with open_warehouse(Settings(), HOUSE) as warehouse:
        tasks, gone = tasks_of_days(warehouse, days, _name(config.source))
        for path in gone:
            context.log.warning(f"{path} is gone; what came from it stays as it was read")
        batch = read(warehouse, tasks, kind="reingest")
        rows = rows_received(warehouse)
        figures = batch_figures(warehouse, batch) | {"dagster/row_count": rows.total()}
    for day in days:
        context.add_asset_metadata({"dagster/partition_row_count": rows[day]}, EVENTS, day.isoformat())
    return dg.MaterializeResult(asset_key=EVENTS, metadata=figures)


def _tenths(say: Callable[[str], None]) -> Progress:
    """Speaks ten times in all, however many files there are."""
    said = 0

    def watch(done: int, total: int) -> None:
        nonlocal said
        tenth = 10 * done // max(total, 1)
        if tenth > said:
            said = tenth
            say(f"{done:,} of {total:,} bytes read")

    return watch


def _name(source: Enum | None) -> str | None:
    return None if source is None else source.value


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
