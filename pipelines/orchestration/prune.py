"""Deletes what Dagster remembers of long ago: Dagster itself never does (135 KB a run, 50 KB a tick that did work)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
from dagster._core.instance import RUNLESS_RUN_ID
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as ChecksTable
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable as EventsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from pydantic import Field

from pipelines.moments import now, utc
from pipelines.orchestration.asset_specs import EVENTS

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


class PruneConfig(dg.Config):
    """What to delete."""

    keep_days: int = Field(default=14, ge=0, description="what ended longer ago than this goes")
    keep_runs: int = Field(default=50, ge=0, description="the newest finished runs stay, however old they are")


@dg.op(description="Deletes finished runs and the reports of ticks, with their logs.")
def delete_old_history(context: dg.OpExecutionContext, config: PruneConfig) -> None:
    before = utc(now()) - timedelta(days=config.keep_days)
    runs = delete_runs(context.instance, before, config.keep_runs)
    events = delete_reports(context.instance, before)
    context.log.info(f"deleted {runs} runs and {events} reports of ticks from before {before:%Y-%m-%d %H:%M} UTC")


@dg.job(description="Deletes run history and reports of ticks older than two weeks; Dagster itself never does.")
def prune() -> None:
    delete_old_history()


def delete_runs(instance: dg.DagsterInstance, before: datetime, keep: int) -> int:
    """Deletes runs that finished before `before`, with events and logs, but the newest `keep`. Returns how many."""
    finished = dg.RunsFilter(statuses=FINISHED)
    kept = {run.run_id for run in instance.get_runs(finished, limit=keep)} if keep else set()
    old = instance.get_runs(dg.RunsFilter(statuses=FINISHED, updated_before=before))
    gone = [run.run_id for run in old if run.run_id not in kept]
    for run_id in gone:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        _delete_file_of_run(instance, run_id)
    return len(gone)


def _delete_file_of_run(instance: dg.DagsterInstance, run_id: str) -> None:
    """On SQLite each run has a file of events; Dagster empties it and leaves it."""
    storage = instance.event_log_storage
    if isinstance(storage, SqliteEventLogStorage):
        for ending in ("", "-wal", "-shm"):
            Path(storage.path_for_shard(run_id) + ending).unlink(missing_ok=True)


def delete_reports(instance: dg.DagsterInstance, before: datetime) -> int:
    """Deletes what ticks reported before `before`, and old results of checks. Returns how many reports.

    Of each asset and of each check the newest stays, and so does which received days there are.
    """
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        return 0
    with storage.run_connection(RUNLESS_RUN_ID) as connection:  # on SQLite a file of its own; the index has copies
        connection.execute(_old_reports(before))
    with storage.index_connection() as connection:
        connection.execute(_old_checks(before))
        return connection.execute(_old_reports(before)).rowcount


def _old_reports(before: datetime) -> sa.Delete:
    events = EventsTable.c
    newest = sa.select(sa.func.max(events.id)).group_by(events.asset_key, events.dagster_event_type)
    return EventsTable.delete().where(
        events.run_id == RUNLESS_RUN_ID,
        events.timestamp < _stored(before),
        events.asset_key != EVENTS.to_string(),
        events.id.not_in(newest.scalar_subquery()),
    )


def _old_checks(before: datetime) -> sa.Delete:
    checks = ChecksTable.c
    newest = sa.select(sa.func.max(checks.id)).group_by(checks.asset_key, checks.check_name)
    return ChecksTable.delete().where(
        checks.create_timestamp < _stored(before), checks.id.not_in(newest.scalar_subquery())
    )


def _stored(moment: datetime) -> datetime:
    """As the tables have it: UTC without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)
