"""Jobs and when they run. What must happen every half minute is a sensor's tick (sensors.py), not a run."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from pipelines.house import HOUSE
from pipelines.published import is_up_to_date
from pipelines.settings import Settings

EVERYTHING = dg.AssetSelection.all() - dg.AssetSelection.assets(
    ["lake", "events"]
)  # a received day is read again by hand
KEEP_RUNS_DAYS = 14

refresh_job = dg.define_asset_job(
    "refresh",
    EVERYTHING,
    description="Reads what is new in the inbox, brings every table up to it, publishes.",
)


def _everything_from_nothing() -> dict:
    names = [model.name.replace(".", "__") for model in HOUSE.models.values()]
    return {"ops": {name: {"config": {"full": True}} for name in names}}


rebuild_job = dg.define_asset_job(
    "rebuild",
    EVERYTHING - dg.AssetSelection.assets(["lake", "batches"]),
    config=_everything_from_nothing(),
    description="Builds every table from nothing out of the lake and the ledger, publishes.",
)


class PruneConfig(dg.Config):
    """What to delete."""

    keep_days: int = KEEP_RUNS_DAYS  # runs that ended longer ago than this go


@dg.op
def delete_old_runs(context: dg.OpExecutionContext, config: PruneConfig) -> int:
    """Deletes finished runs with their events and logs: Dagster itself never does."""
    before = datetime.now(UTC) - timedelta(days=config.keep_days)
    finished = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    old = context.instance.get_runs(dg.RunsFilter(statuses=finished, updated_before=before))
    for run in old:
        context.instance.delete_run(run.run_id)
    context.log.info(f"deleted {len(old)} runs that ended before {before:%Y-%m-%d}")
    return len(old)


@dg.job(description="Deletes run history older than two weeks (135 KB a run).")
def prune() -> None:
    delete_old_runs()


@dg.schedule(
    job=refresh_job,
    cron_schedule="*/15 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="What is rebuilt whole, and the published copy, follow the inbox every 15 minutes; skips when all is up to date.",
)
def every_15_minutes(_context: dg.ScheduleEvaluationContext):
    if is_up_to_date(Settings(), HOUSE):
        return dg.SkipReason("what is published stands at the ledger's position")
    return dg.RunRequest()


nightly_prune = dg.ScheduleDefinition(
    job=prune,
    cron_schedule="30 3 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    name="nightly_prune",
)

JOBS = [refresh_job, rebuild_job, prune]
SCHEDULES = [every_15_minutes, nightly_prune]
