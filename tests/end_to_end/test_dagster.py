"""The real Dagster, from `dg dev` to its last process: ticks, jobs by GraphQL, a run killed in the middle."""

import json
import os
import signal
import sqlite3
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pipelines.lock import Busy, writer_lock
from pipelines.published import ask
from tests.dagster_house import record
from tests.end_to_end.dagster_dev import DagsterDev

HEALTH = "{ instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }"
LAUNCH = """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
RUN = """query($id: ID!) { runOrError(runId: $id) { ... on Run { status
    eventConnection { events { ... on EngineEvent { metadataEntries { label ... on TextMetadataEntry { text } } } } } } } }"""
NEWEST = """query($key: AssetKeyInput!) { assetOrError(assetKey: $key) { ... on Asset {
    assetMaterializations(limit: 1) { runId metadataEntries { label ... on IntMetadataEntry { intValue } } } } } }"""
STATES = """{ workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError { ... on RepositoryLocation {
    repositories { sensors { name sensorState { id } } schedules { name scheduleState { id } } } } } } } } }"""
STOP_SENSOR = "mutation($id: String!) { stopSensor(id: $id) { __typename } }"
STOP_SCHEDULE = "mutation($id: String!) { stopRunningSchedule(id: $id) { __typename } }"

pytestmark = [pytest.mark.xdist_group("dagster"), pytest.mark.timeout(600)]


def test_a_day_in_the_life_of_dagster(tmp_path):
    with DagsterDev(tmp_path) as dev:
        dev.wait("healthy daemons", lambda: healthy(dev), 150)
        stop_schedules(dev)
        drop(tmp_path, "first.ndjson", record("e1", "1"), record("e2", "2"))
        batch = dev.wait("tick that ingests", lambda: newest(dev, "lake", "batches"), 90)
        assert (batch["runId"], batch["batch"], batch["accepted"]) == ("", 1, 2)  # no run was needed
        dev.wait("persons", lambda: newest(dev, "people", "persons"))

        finish(dev, launch(dev, "refresh"))
        _, rows = ask(dev.data / "published", "select event_count from metrics.daily where source = 'all'")
        assert rows == [(2,)]

        stop_sensors(dev)
        drop(tmp_path, "second.ndjson", record("e3", "3"))
        time.sleep(2)  # settle_seconds
        kill_a_run_that_writes(dev)
        finish(dev, launch(dev, "refresh"))  # the dead run's slot is free again
        persons = dev.wait("persons", lambda: newest(dev, "people", "persons"))
        assert persons["dagster/row_count"] == 3

        dev.end()
        dev.wait_until_gone(60)


def healthy(dev):
    daemons = dev.ask(HEALTH)["instance"]["daemonHealth"]["allDaemonStatuses"]
    return daemons and all(daemon["healthy"] for daemon in daemons if daemon["required"])


def newest(dev, *key):
    """{"runId": …, label: number, …} of the newest materialization, None before the first."""
    found = dev.ask(NEWEST, key={"path": key})["assetOrError"].get("assetMaterializations")
    if not found:
        return None
    numbers = {entry["label"]: entry.get("intValue") for entry in found[0]["metadataEntries"]}
    return numbers | {"runId": found[0]["runId"]}


def drop(folder: Path, name: str, *records: dict) -> None:
    """As a collector does: written under another name, then renamed."""
    path = folder / "inbox" / "web" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{name}.tmp")
    temporary.write_text("".join(json.dumps(each) + "\n" for each in records))
    temporary.rename(path)


def launch(dev, job: str) -> str:
    names = {"repositoryLocationName": "warehouse", "repositoryName": "__repository__", "jobName": job}
    answer = dev.ask(LAUNCH, p={"selector": names, "runConfigData": {}})["launchRun"]
    assert answer["__typename"] == "LaunchRunSuccess", answer
    return answer["run"]["runId"]


def status(dev, run_id: str) -> str:
    return dev.ask(RUN, id=run_id)["runOrError"]["status"]


def finish(dev, run_id: str) -> None:
    done = dev.wait("end of the run", lambda: finished(dev, run_id), 120)
    assert done == "SUCCESS", dev.tail()


def finished(dev, run_id: str) -> str | None:
    found = status(dev, run_id)
    return found if found in ("SUCCESS", "FAILURE", "CANCELED") else None


def process_of(dev, run_id: str) -> int | None:
    """The process that executes the run, once it does."""
    events = dev.ask(RUN, id=run_id)["runOrError"]["eventConnection"]["events"]
    entries = [entry for event in events for entry in event.get("metadataEntries", [])]
    return next((int(entry["text"]) for entry in entries if entry["label"] == "pid"), None)


def kill_a_run_that_writes(dev) -> None:
    """SIGKILL while it holds the warehouse's slot and the writer's lock: the ledger keeps it waiting there."""
    lock = dev.data / "writer.lock"
    with ledger_held(dev.data / "ledger.sqlite"):
        run_id = launch(dev, "refresh")
        process = dev.wait("process of the run", lambda: process_of(dev, run_id))
        dev.wait("writer", lambda: writer(lock) == process)
        os.kill(process, signal.SIGKILL)
        dev.wait("end of the killed run", lambda: status(dev, run_id) == "FAILURE")
    assert writer(lock) is None


@contextmanager
def ledger_held(path: Path):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("begin immediate")
        yield
        connection.execute("rollback")


def writer(path: Path) -> int | None:
    """The process that holds the writer's lock."""
    try:
        with writer_lock(path):
            return None
    except Busy as busy:
        return int(str(busy).split("process ")[1].split()[0])


def _repository(dev) -> dict:
    entry = dev.ask(STATES)["workspaceOrError"]["locationEntries"][0]
    return entry["locationOrLoadError"]["repositories"][0]


def stop_schedules(dev) -> None:
    for schedule in _repository(dev)["schedules"]:
        dev.ask(STOP_SCHEDULE, id=schedule["scheduleState"]["id"])


def stop_sensors(dev) -> None:
    for sensor in _repository(dev)["sensors"]:
        dev.ask(STOP_SENSOR, id=sensor["sensorState"]["id"])
