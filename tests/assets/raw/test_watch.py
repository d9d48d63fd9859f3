"""The inbox sensor, tick by tick: what it does itself, what it leaves to a run, what it says when something breaks."""

import subprocess
import sys

import dagster as dg
import pytest

from assets.raw.watch import TickFailed
from pipelines.house import HOUSE
from pipelines.orchestration.schedules import refresh_job
from pipelines.settings import Settings
from tests.dagster_house import DAY, edited, record, with_check
from tests.houses import rows_of

FOLLOWS_AT_ONCE = {
    "journeys/actions",
    "journeys/events",
    "journeys/sessions",
    "journeys/steps",
    "journeys/timeline",
    "metrics/pages",
    "metrics/paths",
    "people/events",
    "people/excluded",
    "people/excluded_events",
    "people/identities",
    "people/links",
    "people/persons",
    "people/days",
    "people/arrivals",
    "people/statements",
    "people/traits",
    "raw/batches",
    "raw/event_names",
    "raw/events",
    "raw/properties",
    "raw/quarantine",
}
NOBODY_IS_3 = "person_id <> 'app/user/3'"


def test_a_small_batch_is_ingested_within_the_tick(dagster_house):
    dagster_house.drop("a.ndjson", record("e1", "1"), record("e2", "2", "2026-03-03T10:00:00Z"))
    said = dagster_house.tick().skip_message
    assert said.startswith("Batch 1: 2 events from 1 files, ")
    assert dagster_house.materialized() >= FOLLOWS_AT_ONCE | {"lake/batches", "lake/events"}
    assert dagster_house.days() == {DAY, "2026-03-03"}


def test_what_is_rebuilt_whole_waits_for_a_run(dagster_house):
    dagster_house.drop("a.ndjson", record("e1", "1"))
    dagster_house.tick()
    whole = {model.name for model in HOUSE.models.values() if model.header.by is None and not model.header.view}
    waiting = {name.replace(".", "/") for name in whole} | {"metrics/daily", "published/catalog"}
    assert "metrics/calendar" in waiting and not waiting & dagster_house.materialized()


def test_a_tick_reports_row_counts_and_checks(dagster_house):
    dagster_house.drop("a.ndjson", record("e1", "1"), record("e2", "2"))
    dagster_house.tick()
    metadata = dagster_house.materializations("people/persons")[0].metadata
    assert metadata["dagster/row_count"].value == 2
    assert "app/user/2" in metadata["preview"].value
    assert dagster_house.check("people/persons", "grain").passed


def test_a_table_that_follows_without_new_rows_says_so(dagster_house):
    dagster_house.drop("a.ndjson", record("e1", "1"))
    dagster_house.tick()
    metadata = dagster_house.materializations("people/statements")[0].metadata  # nobody stated anything
    assert (metadata["rows_written"].value, metadata["ledger_position"].value) == (0, 1)


def test_nothing_new_is_said(dagster_house):
    dagster_house.drop("a.ndjson", record("e1", "1"))
    dagster_house.tick()
    assert dagster_house.tick().skip_message == "Nothing new in the inbox."


def test_a_refused_file_is_said_and_not_read_twice(dagster_house):
    dagster_house.drop("a.ndjson", content=b"\xff\xd8\xff\xe0 a picture" * 9)
    dagster_house.drop("b.ndjson", record("e1", "1"))
    said = dagster_house.tick().skip_message
    followed = {name for name in dagster_house.materialized() if not name.startswith(("lake/", "monitors/"))}
    assert f", 1 files refused, {len(followed)} tables followed" in said and followed >= FOLLOWS_AT_ONCE
    dagster_house.drop("c.ndjson", content=b"\xff\xd8\xff\xe0 another" * 9)
    assert dagster_house.tick().skip_message == "No new records, 1 files refused, 0 tables followed, without a run."
    assert dagster_house.tick().skip_message == "Nothing new in the inbox."


HOLD = "import sys, pathlib; from pipelines.lock import writer_lock\n" + (
    "with writer_lock(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
)


def test_a_tick_waits_for_a_look_that_came_in_the_same_second(dagster_house):
    dagster_house.drop("a.ndjson", record("e1", "1"))
    command = [sys.executable, "-c", HOLD.replace("sys.stdin.read()", "__import__('time').sleep(1)")]
    with subprocess.Popen([*command, str(Settings().data_folder / "writer.lock")], stdout=subprocess.PIPE) as holder:
        assert holder.stdout and holder.stdout.readline() == b"held\n"
        assert dagster_house.tick().skip_message.startswith("Batch 1")


def test_a_tick_that_finds_the_lock_held_for_long_skips_and_says_so(dagster_house, monkeypatch):
    monkeypatch.setattr("assets.raw.watch.WAIT_SECONDS", 0.1)
    dagster_house.drop("a.ndjson", record("e1", "1"))
    command = [sys.executable, "-c", HOLD, str(Settings().data_folder / "writer.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout and holder.stdout.readline() == b"held\n"
        said = dagster_house.tick().skip_message
        holder.communicate(b"")
    assert f"process {holder.pid} is writing" in said
    assert dagster_house.materialized() == set()
    assert dagster_house.tick().skip_message.startswith("Batch 1")


def test_a_large_batch_becomes_a_run(dagster_house, monkeypatch):
    monkeypatch.setenv("TRAILHOUSE_TICK_BYTES", "10")
    dagster_house.drop("a.ndjson", record("e1", "1"))
    request = dagster_house.tick()
    assert isinstance(request, dg.RunRequest)
    assert dagster_house.tick().run_key == request.run_key  # the same files: Dagster starts one run for one key
    assert dagster_house.materialized() == set()


def test_files_wait_for_a_run_that_is_under_way(dagster_house, monkeypatch):
    monkeypatch.setenv("TRAILHOUSE_TICK_BYTES", "10")
    dagster_house.drop("a.ndjson", record("e1", "1"))
    from pipelines.definitions import defs

    run = dagster_house.instance.create_run_for_job(
        defs.resolve_job_def(refresh_job.name), status=dg.DagsterRunStatus.STARTED
    )
    assert f"wait for run {run.run_id[:8]}" in dagster_house.tick().skip_message


def test_a_table_that_must_be_built_from_much_is_left_to_a_run(dagster_house, monkeypatch):
    first = dagster_house.drop("a.ndjson", *(record(f"e{number}", "1") for number in range(99)))
    dagster_house.tick()
    later = dagster_house.drop("b.ndjson", record("later", "1"))
    monkeypatch.setenv("TRAILHOUSE_TICK_BYTES", str(later.stat().st_size))
    assert first.stat().st_size > later.stat().st_size
    monkeypatch.setattr("assets.raw.watch.HOUSE", edited("people.persons"))
    assert isinstance(dagster_house.tick(), dg.RunRequest)


def test_a_failed_check_makes_the_tick_red_and_loses_nothing(dagster_house, monkeypatch):
    monkeypatch.setattr("assets.raw.watch.HOUSE", with_check("people.identities", NOBODY_IS_3))
    dagster_house.drop("a.ndjson", record("e1", "1"))
    dagster_house.tick()
    dagster_house.drop("b.ndjson", record("e3", "3", "2026-03-04T10:00:00Z"))
    with pytest.raises(TickFailed, match=r"Batch 2: 1 events from 1 files.*people\.identities broke"):
        dagster_house.tick()
    assert dagster_house.materializations("lake/batches")[0].metadata["batch"].value == 2
    assert "2026-03-04" in dagster_house.days()
    assert not dagster_house.check("people/identities", "extra").passed
    with dagster_house.open() as warehouse:
        assert rows_of(warehouse, "people.identities", ["person_id"]) == [("app/user/1",)]


def test_a_broken_table_stops_what_reads_it_and_only_that(dagster_house, monkeypatch):
    dagster_house.drop("a.ndjson", record("e1", "1"))
    dagster_house.tick()
    broken = edited("people.identities", module=None, text="select error('no such luck') as person_id")
    monkeypatch.setattr("assets.raw.watch.HOUSE", broken)
    dagster_house.drop("b.ndjson", record("e2", "1"))
    with pytest.raises(TickFailed, match=r"people\.identities broke \(.*no such luck"):
        dagster_house.tick()
    newest = {name: dagster_house.materializations(name)[0].metadata for name in FOLLOWS_AT_ONCE}
    stands = {name: figures["ledger_position"].value for name, figures in newest.items()}
    assert stands["people/links"] == stands["raw/events"] == 2
    assert stands["journeys/events"] == stands["people/persons"] == 1


def test_a_tick_that_keeps_failing_reads_no_file_again(dagster_house, monkeypatch):
    monkeypatch.setattr("assets.raw.watch.HOUSE", with_check("people.identities", NOBODY_IS_3))
    dagster_house.drop("a.ndjson", record("e3", "3"))
    with pytest.raises(TickFailed):
        dagster_house.tick()
    assert dagster_house.tick().skip_message == "Nothing new in the inbox."
    with dagster_house.open() as warehouse:
        assert warehouse.position == 1


def test_a_mended_table_catches_up_with_the_next_batch(dagster_house, monkeypatch):
    dagster_house.drop("a.ndjson", record("e3", "3"))
    with monkeypatch.context() as patch:
        patch.setattr("assets.raw.watch.HOUSE", with_check("people.identities", NOBODY_IS_3))
        with pytest.raises(TickFailed):
            dagster_house.tick()
    dagster_house.drop("b.ndjson", record("e4", "4"))
    dagster_house.tick()
    with dagster_house.open() as warehouse:
        assert rows_of(warehouse, "people.persons", ["person_id"]) == [("app/user/3",), ("app/user/4",)]
