"""Runs that nobody executes any more."""

import subprocess
import sys

import dagster as dg
import pytest
from dagster._core.events import EngineEventData

from pipelines.definitions import defs
from pipelines.orchestration.lost_runs import fail_lost_runs


@pytest.fixture
def start(lasting_house):
    """Notes a started run of this process id."""

    def start(process: int) -> str:
        instance = lasting_house.instance
        run = instance.create_run_for_job(defs.resolve_job_def("prune"), status=dg.DagsterRunStatus.STARTED)
        instance.report_engine_event("Executing steps in process", run, EngineEventData({"pid": str(process)}))
        return run.run_id

    return start


@pytest.fixture
def sleeper():
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as process:
        yield process
        process.communicate(b"")


def status(house, run_id):
    return house.instance.get_run_by_id(run_id).status


def test_a_run_whose_process_is_gone_has_failed(lasting_house, start, sleeper):
    run_id = start(sleeper.pid)
    sleeper.communicate(b"")
    assert fail_lost_runs(lasting_house.instance) == [run_id]
    assert status(lasting_house, run_id) == dg.DagsterRunStatus.FAILURE


def test_a_run_whose_process_lives_goes_on(lasting_house, start, sleeper):
    run_id = start(sleeper.pid)
    assert fail_lost_runs(lasting_house.instance) == []
    assert status(lasting_house, run_id) == dg.DagsterRunStatus.STARTED


def test_a_run_that_has_no_process_yet_goes_on(lasting_house):
    job = defs.resolve_job_def("prune")
    lasting_house.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    assert fail_lost_runs(lasting_house.instance) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only /proc tells when a process started")
def test_another_process_with_the_same_id_is_not_the_run(lasting_house, start, sleeper, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("time.time", lambda: 1_000_000_000.0)
        run_id = start(sleeper.pid)
    assert fail_lost_runs(lasting_house.instance) == [run_id]


def test_a_tick_looks_for_them(lasting_house, start, sleeper):
    run_id = start(sleeper.pid)
    sleeper.communicate(b"")
    lasting_house.tick()
    assert status(lasting_house, run_id) == dg.DagsterRunStatus.FAILURE
