"""Dagster's runs, taken into the ledger: so they are a table like others, which outlives Dagster's own history."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import dagster as dg
from dagster._core.storage.dagster_run import RunRecord

from pipelines.ledger import Ledger
from pipelines.ledger.runs import Run, Runs
from pipelines.moments import EPOCH, micros, now, utc

MOST = 500  # at once; what is left is taken the next minute
OVERLAP = timedelta(minutes=1)  # what was written meanwhile may be seen later
STATES = {
    dg.DagsterRunStatus.STARTED: "running",
    dg.DagsterRunStatus.CANCELING: "running",
    dg.DagsterRunStatus.SUCCESS: "success",
    dg.DagsterRunStatus.FAILURE: "failure",
    dg.DagsterRunStatus.CANCELED: "canceled",
}
LAUNCHERS = {"dagster/schedule_name": "schedule", "dagster/sensor_name": "sensor"}


def note_runs(instance: dg.DagsterInstance, ledger: Ledger) -> int:
    """Takes what changed since it was called last; how many runs that were."""
    runs = Runs(ledger)
    since = max(utc(runs.newest_update()) - OVERLAP, EPOCH)
    records = instance.get_run_records(
        dg.RunsFilter(updated_after=since), limit=MOST, order_by="update_timestamp", ascending=True
    )
    moved = {each.dagster_run.run_id: micros(each.update_timestamp) for each in records}
    known = {each.run_id: each.updated_at for each in runs.known(moved)}
    new = [each for each in records if known.get(each.dagster_run.run_id) != moved[each.dagster_run.run_id]]
    found = [_run(instance, each) for each in new] + _lost(instance, runs)
    runs.keep(found)
    return len(found)


def _run(instance: dg.DagsterInstance, record: RunRecord) -> Run:
    run, steps = record.dagster_run, instance.get_run_stats(record.dagster_run.run_id)
    return Run(
        run.run_id,
        run.job_name,
        STATES.get(run.status, "waiting"),
        _launched_by(run.tags),
        micros(record.create_timestamp),
        _moment(record.start_time),
        _moment(record.end_time),
        steps.steps_succeeded + steps.steps_failed,
        steps.steps_failed,
        micros(record.update_timestamp),
    )


def _launched_by(tags: Mapping[str, str]) -> str:
    found = [f"{kind} {tags[tag]}" for tag, kind in LAUNCHERS.items() if tag in tags]
    return found[0] if found else "hand"


def _moment(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1_000_000)


def _lost(instance: dg.DagsterInstance, runs: Runs) -> list[Run]:
    """Those under way of which Dagster has no word any more: its storage was thrown away, or they were deleted."""
    under_way = {each.run_id: each for each in runs.under_way()}
    if not under_way:
        return []
    there = {each.run_id for each in instance.get_runs(dg.RunsFilter(run_ids=list(under_way)))}
    return [replace(each, status="lost", ended_at=now()) for run_id, each in under_way.items() if run_id not in there]
