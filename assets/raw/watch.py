"""The inbox is watched: a small batch is ingested within the tick, a large one becomes a run.

What a tick did is reported to Dagster step by step, so that a tick that breaks, or is cut off after a minute, has lost
nothing. Files that were read are in the ledger: no later tick reads them again, whatever broke after them.
"""

from collections.abc import Iterable, Sequence

import dagster as dg

from assets.raw.ingest import batch_figures, received_days
from pipelines.asset_specs import BATCHES, asset_key
from pipelines.evidence import as_evaluation, check_results, failed_check_results, figures
from pipelines.house import HOUSE
from pipelines.inbox import Task
from pipelines.lock import Busy
from pipelines.refresh import ChecksFailed, Refreshed
from pipelines.schedules import refresh_job, run_under_way
from pipelines.settings import Settings
from pipelines.state import definition_of
from pipelines.warehouse import Warehouse, open_warehouse
from pipelines.work import follow, follows_at_once, new_tasks, read

WATCH_SECONDS = 30


class TickFailed(Exception):
    """The batch is ingested, but tables broke; each waits, with what reads it, for the next batch or run."""


@dg.sensor(
    job=refresh_job,
    minimum_interval_seconds=WATCH_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reads new files within the tick and refreshes the tables of persons; much at once becomes a run of `refresh`.",
)
def inbox(context: dg.SensorEvaluationContext):
    try:
        with open_warehouse(Settings(), HOUSE, wait_seconds=0) as warehouse:
            return _look(context.instance, warehouse)
    except Busy as busy:
        return dg.SkipReason(f"Somebody else writes: {busy}")


def _look(instance: dg.DagsterInstance, warehouse: Warehouse):
    tasks = new_tasks(warehouse)
    if not tasks:
        return dg.SkipReason("Nothing new in the inbox.")
    if _bytes_to_read(warehouse, tasks) <= warehouse.settings.tick_bytes:
        return dg.SkipReason(_Tick(instance, warehouse).run(tasks))
    running = run_under_way(instance)
    if running:
        return dg.SkipReason(f"{len(tasks)} files wait for run {running}, which is under way.")
    return dg.RunRequest(run_key=f"{warehouse.position}:{tasks[0].name}:{len(tasks)}")


def _bytes_to_read(warehouse: Warehouse, tasks: Sequence[Task]) -> int:
    """The new input; and the whole lake, as long as a table that follows at once must be built from it."""
    new = sum(task.new_bytes for task in tasks)
    if all(_is_built(warehouse, name) for name, model in warehouse.models.items() if follows_at_once(model)):
        return new
    return new + sum(each.bytes for each in warehouse.ledger.segments("events", 0, warehouse.position))


def _is_built(warehouse: Warehouse, name: str) -> bool:
    state, model = warehouse.state.table(name), warehouse.models[name]
    return state is not None and state.definition == definition_of(model, warehouse.models, warehouse.config_tables)


class _Tick:
    """Work done without a run. Every step is reported as what a run would have left, in 8 ms instead of 9 s."""

    def __init__(self, instance: dg.DagsterInstance, warehouse: Warehouse) -> None:
        self.report = instance.report_runless_asset_event
        self.warehouse = warehouse
        self.followed = 0

    def run(self, tasks: Sequence[Task]) -> str:
        """Returns what was done, in one sentence. Errors: TickFailed, after everything else was done and reported."""
        batch = read(self.warehouse, tasks)
        for day in received_days(self.warehouse, batch):
            self.report(day)
        self.report(dg.AssetMaterialization(BATCHES, metadata=batch_figures(self.warehouse, batch)))
        broken = follow(self.warehouse, self._report_table)
        for error in broken.values():
            self._report_failure(error)
        done = f"Batch {batch.batch}: {batch.counts.accepted:,} events from {len(batch.files)} files"
        if broken:
            raise TickFailed(f"{done} were ingested; {_in_words(broken)}") from next(iter(broken.values()))
        return f"{done}, {self.followed} tables followed, without a run."

    def _report_table(self, done: Refreshed) -> None:
        if not done.changed:
            return
        self.followed += 1
        newest = figures(self.warehouse, done, after=self.warehouse.position - 1)
        self.report(dg.AssetMaterialization(asset_key(done.model.name), metadata=newest))
        if not done.model.header.view:  # its checks read the whole log: they are for runs
            self._report_checks(check_results(self.warehouse, done.model))

    def _report_failure(self, error: Exception) -> None:
        if isinstance(error, ChecksFailed):
            self._report_checks(failed_check_results(error.refreshed))

    def _report_checks(self, results: Iterable[dg.AssetCheckResult]) -> None:
        for result in results:
            self.report(as_evaluation(result))


def _in_words(broken: dict[str, Exception]) -> str:
    each = "; ".join(f"{name} broke ({error})" for name, error in broken.items())
    return f"{each}. What reads them waits for the next batch or run."
