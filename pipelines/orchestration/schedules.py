"""Jobs and when they run. What must happen every half minute is a sensor's tick, not a run."""

from contextlib import closing

import dagster as dg

from pipelines.files.inbox import find_new
from pipelines.house import HOUSE
from pipelines.ledger import Ledger
from pipelines.orchestration.asset_specs import BATCHES, EVENTS
from pipelines.orchestration.prune import prune
from pipelines.orchestration.tables import RefreshConfig, step_name
from pipelines.orchestration.upkeep import compact, nightly_compact, scrub, weekly_scrub
from pipelines.published import is_up_to_date
from pipelines.settings import Settings

# a received day is read again, and a Grafana told, by hand; a report is made, and a monitor looked at, when it is due
APART = dg.AssetSelection.assets(EVENTS) | dg.AssetSelection.groups("reports", "monitors", "grafana")
EVERYTHING = dg.AssetSelection.all() - APART

refresh_job = dg.define_asset_job(
    "refresh",
    EVERYTHING,
    description="Reads what is new in the inbox, brings every table up to it, publishes.",
)

rebuild_job = dg.define_asset_job(
    "rebuild",
    EVERYTHING - dg.AssetSelection.assets(BATCHES),
    config=dg.RunConfig(ops={step_name(model): RefreshConfig(full=True) for model in HOUSE.models.values()}),
    description="Builds every table from nothing out of the lake and the ledger, publishes.",
)


@dg.schedule(
    job=refresh_job,
    cron_schedule="*/15 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="What is rebuilt whole, and the published copy, follow the inbox every 15 minutes; skips when all is up to date.",
)
def every_15_minutes(context: dg.ScheduleEvaluationContext):
    running = run_under_way(context.instance)
    if running:
        return dg.SkipReason(f"Run {running} is under way.")
    if _is_all_done(Settings()):
        return dg.SkipReason("What is published has everything; nothing new in the inbox.")
    return dg.RunRequest()


def run_under_way(instance: dg.DagsterInstance) -> str | None:
    """Short id of a refresh or rebuild that waits or runs."""
    for job in (refresh_job, rebuild_job):
        runs = instance.get_runs(dg.RunsFilter(job_name=job.name, statuses=UNFINISHED), limit=1)
        if runs:
            return runs[0].run_id[:8]
    return None


UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def _is_all_done(settings: Settings) -> bool:
    with closing(Ledger(settings.ledger_address)) as ledger:
        new = find_new(settings.inbox_root, HOUSE.config.read_sources, ledger.known_files())
    return not new and is_up_to_date(settings, HOUSE)


nightly_prune = dg.ScheduleDefinition(
    job=prune,
    cron_schedule="30 3 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    name="nightly_prune",
    description="Old history goes at night.",
)

JOBS = [refresh_job, rebuild_job, prune, compact, scrub]
SCHEDULES = [every_15_minutes, nightly_prune, nightly_compact, weekly_scrub]
