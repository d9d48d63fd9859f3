"""The inbox is watched: a small batch is ingested within the tick, a large one becomes a run. Then the monitors of actions look.

Files that were read are in the ledger: no later tick reads them again, whatever broke after them. A tick that broke still
reports what it did, and is red.
"""

from collections.abc import Sequence

import dagster as dg

from assets.alerts.look import look_at
from assets.raw.ingest import batch_figures
from assets.raw.received import received_days
from pipelines.files.inbox import Task
from pipelines.house import HOUSE
from pipelines.ledger import Batch
from pipelines.lock import Busy
from pipelines.moments import now
from pipelines.monitors.work import send_notes
from pipelines.orchestration.asset_specs import BATCHES, asset_key
from pipelines.orchestration.evidence import as_evaluation, check_results, failed_check_results, figures
from pipelines.orchestration.lost_runs import fail_lost_runs
from pipelines.orchestration.monitor_evidence import shown
from pipelines.orchestration.schedules import refresh_job, run_under_way
from pipelines.refresh import ChecksFailed, Refreshed
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse, open_warehouse
from pipelines.warehouse.state import definition_of
from pipelines.work import follow, follows_at_once, new_tasks, read

WAIT_SECONDS = 5  # for a look at the monitors, which may come in the same second; a run takes longer


class TickFailed(Exception):
    """The batch is ingested, but a table broke."""


@dg.sensor(
    job=refresh_job,
    minimum_interval_seconds=Settings().watch_seconds,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reads new files within the tick and refreshes the tables of persons; much at once becomes a run.",
)
def inbox(context: dg.SensorEvaluationContext):
    fail_lost_runs(context.instance)
    tick = _Tick()
    try:
        with open_warehouse(Settings(), HOUSE, wait_seconds=WAIT_SECONDS) as warehouse:
            answer = _look(context.instance, warehouse, tick)
        if tick.batch.batch:
            tick.unsent = send_notes(Settings(), HOUSE.config.house.report_timezone).problems
    except Busy as busy:
        return dg.SkipReason(f"Somebody else writes: {busy}")
    finally:
        for (
            event
        ) in tick.events:  # after the lock is free, and what is told is sent: it takes 10 ms each, and they are many
            context.instance.report_runless_asset_event(event)
    return answer or dg.SkipReason(tick.summary())


def _look(instance: dg.DagsterInstance, warehouse: Warehouse, tick: "_Tick") -> dg.SkipReason | dg.RunRequest | None:
    """What to do instead of working in the tick; None: the tick did the work."""
    tasks = new_tasks(warehouse)
    if not tasks:
        return dg.SkipReason("Nothing new in the inbox.")
    if _bytes_to_read(warehouse, tasks) <= warehouse.settings.tick_bytes:
        tick.work(warehouse, tasks)
        return None
    running = run_under_way(instance)
    if running:
        return dg.SkipReason(f"{len(tasks)} files wait for run {running}, which is under way.")
    return dg.RunRequest(run_key=f"{warehouse.position}:{tasks[0].name}:{len(tasks)}")


def _bytes_to_read(warehouse: Warehouse, tasks: Sequence[Task]) -> int:
    """The new input; and the whole lake, as long as a table that follows at once must be built from it."""
    new = sum(task.new_bytes for task in tasks)
    models = warehouse.models
    if all(_is_built(warehouse, name) for name, model in models.items() if follows_at_once(model, models)):
        return new
    return new + sum(each.bytes for each in warehouse.ledger.segments("events", 0, warehouse.position))


def _is_built(warehouse: Warehouse, name: str) -> bool:
    state, model = warehouse.state.table(name), warehouse.models[name]
    return state is not None and state.definition == definition_of(model, warehouse.models, warehouse.config_tables)


class _Tick:
    """Work done without a run. `events` are what a run would have left in Dagster, without the 9 s it takes to start."""

    def __init__(self) -> None:
        self.events: list[dg.AssetMaterialization | dg.AssetCheckEvaluation] = []
        self.batch = Batch(0, "ingest", 0)
        self.broken: dict[str, Exception] = {}
        self.followed = 0
        self.unsent: list[str] = []

    def work(self, warehouse: Warehouse, tasks: Sequence[Task]) -> None:
        self.batch = read(warehouse, tasks)
        self.events += received_days(warehouse, self.batch)
        self.events.append(dg.AssetMaterialization(BATCHES, metadata=batch_figures(warehouse, self.batch)))
        self.broken = follow(warehouse, lambda done: self._add(warehouse, done))
        for error in self.broken.values():
            if isinstance(error, ChecksFailed):
                self.events += map(as_evaluation, failed_check_results(error.refreshed))
        self._look(warehouse)

    def _look(self, warehouse: Warehouse) -> None:
        """What monitors cannot do is told like a table that broke: the batch stands."""
        try:
            self.events += shown(look_at(warehouse, now(), by_batch=True))
        except Exception as error:
            self.broken["monitors"] = error

    def _add(self, warehouse: Warehouse, done: Refreshed) -> None:
        if not done.checks:  # nothing new, so nothing was looked at
            return
        self.followed += 1
        newest = figures(warehouse, done, after=warehouse.position - 1)
        self.events.append(dg.AssetMaterialization(asset_key(done.model.name), metadata=newest))
        self.events += map(as_evaluation, check_results(warehouse, done.model))

    def summary(self) -> str:
        """What was done, in a sentence. Errors: TickFailed when a table broke."""
        done = f"{self._batch_in_words()}, {self.followed} tables followed, without a run."
        if self.unsent:
            done = f"{done} Not sent yet: {'; '.join(self.unsent)}."
        if self.broken:
            causes = "; ".join(f"{name} broke ({error})" for name, error in self.broken.items())
            text = f"{done} But {causes}. What reads it waits for the next batch or run."
            raise TickFailed(text) from next(iter(self.broken.values()))
        return done

    def _batch_in_words(self) -> str:
        batch = self.batch
        refused = f", {len(batch.failures)} files refused" if batch.failures else ""
        if not batch.batch:
            return f"No new records{refused}"
        return f"Batch {batch.batch}: {batch.counts.accepted:,} events from {len(batch.files)} files{refused}"
