"""The inbox is watched: a small batch is ingested within the tick, a large one becomes a run."""

from collections.abc import Iterator

import dagster as dg

from assets.raw.ingest import BATCHES, batch_figures, day_materializations
from pipelines.house import HOUSE
from pipelines.lock import Busy
from pipelines.schedules import refresh_job
from pipelines.settings import Settings
from pipelines.tables import asset_key, check_results, figures
from pipelines.warehouse import Warehouse, open_warehouse
from pipelines.work import Outcome, new_tasks, tick

WATCH_SECONDS = 30


@dg.sensor(
    job=refresh_job,
    minimum_interval_seconds=WATCH_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reads new files within the tick and refreshes the tables of persons; much at once becomes a run of `refresh`.",
)
def inbox(_context: dg.SensorEvaluationContext):
    settings = Settings()
    try:
        with open_warehouse(settings, HOUSE, wait_seconds=0) as warehouse:
            tasks = new_tasks(warehouse)
            if not tasks:
                return dg.SkipReason("nothing new in the inbox")
            if sum(task.new_bytes for task in tasks) > settings.tick_bytes:
                return dg.RunRequest(run_key=f"{warehouse.position}:{tasks[0].name}:{len(tasks)}")
            return dg.SensorResult(asset_events=list(_events(warehouse, tick(warehouse, tasks))))
    except Busy as busy:
        return dg.SkipReason(f"skipped: {busy}")


def _events(warehouse: Warehouse, outcome: Outcome) -> Iterator:
    """What a run would have reported, without the 9 seconds that a run takes to start."""
    yield dg.AssetMaterialization(BATCHES, metadata=batch_figures(outcome.batch))
    yield from day_materializations(outcome.batch)
    for done in outcome.refreshed:
        if done.changed:
            yield dg.AssetMaterialization(asset_key(done.model.name), metadata=figures(warehouse, done))
            yield from (_evaluation(result) for result in check_results(done))


def _evaluation(result: dg.AssetCheckResult) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=result.asset_key or dg.AssetKey([]),
        check_name=result.check_name or "",
        passed=result.passed,
        severity=result.severity,
        metadata=result.metadata,
    )
