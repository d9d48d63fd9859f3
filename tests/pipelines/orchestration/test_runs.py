"""Dagster's runs in the ledger, taken from its real storage."""

from contextlib import closing

import dagster as dg
import pytest

from pipelines.definitions import defs
from pipelines.ledger import Ledger
from pipelines.ledger.runs import Run, Runs
from pipelines.orchestration.runs import note_runs
from pipelines.published import ask
from pipelines.settings import Settings


@pytest.fixture
def ledger(lasting_house):
    with closing(Ledger(Settings().ledger_address)) as ledger:
        yield ledger


def runs(ledger: Ledger, *run_ids: str) -> list[Run]:
    found = {each.run_id: each for each in Runs(ledger).known(run_ids)}
    return [found[each] for each in run_ids]


def test_a_run_is_noted_with_its_steps_and_once(lasting_house, ledger):
    done = lasting_house.run("prune")
    assert note_runs(lasting_house.instance, ledger) == 1
    (run,) = runs(ledger, done.run_id)
    assert (run.job, run.status, run.launched_by, run.step_count, run.failed_step_count) == (
        "prune",
        "success",
        "hand",
        1,
        0,
    )
    assert run.created_at <= (run.started_at or 0) <= (run.ended_at or 0)
    assert note_runs(lasting_house.instance, ledger) == 0


def test_a_run_under_way_has_no_end_and_is_seen_to_end(lasting_house, ledger):
    instance, tags = lasting_house.instance, {"dagster/schedule_name": "nightly_prune"}
    run = instance.create_run_for_job(defs.resolve_job_def("prune"), tags=tags)
    begins = dg.DagsterEvent("PIPELINE_START", run.job_name)
    happens = (lambda: instance.report_dagster_event(begins, run.run_id), lambda: instance.report_run_failed(run))
    seen = []
    for each in (lambda: None, *happens):
        each()
        note_runs(instance, ledger)
        (told,) = runs(ledger, run.run_id)
        assert told.launched_by == "schedule nightly_prune"
        seen.append((told.status, told.started_at is not None, told.ended_at is not None))
    assert seen == [("waiting", False, False), ("running", True, False), ("failure", True, True)]


def test_a_failed_step_is_counted(lasting_house, ledger, monkeypatch):
    monkeypatch.setattr("pipelines.orchestration.prune.delete_runs", lambda *_: 1 / 0)
    done = lasting_house.run("prune")
    note_runs(lasting_house.instance, ledger)
    (run,) = runs(ledger, done.run_id)
    assert (run.status, run.step_count, run.failed_step_count) == ("failure", 1, 1)


def test_a_run_that_dagster_forgot_stays_and_one_under_way_is_lost(lasting_house, ledger):
    instance = lasting_house.instance
    done = lasting_house.run("prune").run_id
    gone = instance.create_run_for_job(defs.resolve_job_def("prune"), status=dg.DagsterRunStatus.STARTED).run_id
    note_runs(instance, ledger)
    for each in (done, gone):
        instance.delete_run(each)
    assert note_runs(instance, ledger) == 1
    assert [each.status for each in runs(ledger, done, gone)] == ["success", "lost"]


def test_what_is_published_has_the_run_that_publishes(dagster_house):
    assert dagster_house.run("refresh").success
    query = "select job, status, is_under_way, ended_at, run_seconds from metrics.pipeline_runs"
    assert ask(Settings().published_folder, query)[1] == [("refresh", "running", True, None, None)]
