"""History that goes and history that stays, on the real storage."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import defs
from pipelines.prune import delete_reports, delete_runs, prune
from tests.dagster_house import DagsterHouse, record


@pytest.fixture
def house(dagster_house, tmp_path):
    """A house whose instance keeps its history in files, as the project's own does."""
    home = tmp_path / "home"
    home.mkdir()
    text = (Path(__file__).parents[2] / "dagster.yaml").read_text()
    (home / "dagster.yaml").write_text(text.replace("base_dir: .dagster", f"base_dir: {home}/.dagster"))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield DagsterHouse(tmp_path, instance)


def run(house):
    """Any finished run; returns its id and the moment after it."""
    done = prune.execute_in_process(instance=house.instance)
    return done.run_id, datetime.now(UTC)


def files_of(house, run_id):
    return [path for path in (house.folder / "home").rglob("*") if run_id in path.name]


def test_old_runs_go_with_their_files_and_new_ones_stay(house):
    old, moment = run(house)
    new, _ = run(house)
    assert files_of(house, old)
    assert delete_runs(house.instance, moment, keep=0) == 1
    assert [each.run_id for each in house.instance.get_runs()] == [new]
    assert not files_of(house, old)
    assert house.instance.all_logs(new)


def test_the_newest_runs_stay_however_old(house):
    first, _ = run(house)
    second, _ = run(house)
    assert delete_runs(house.instance, datetime.now(UTC), keep=1) == 1
    assert [each.run_id for each in house.instance.get_runs()] == [second]


def test_a_run_under_way_stays(house):
    job = defs.resolve_job_def("refresh")
    under_way = house.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    assert delete_runs(house.instance, datetime.now(UTC), keep=0) == 0
    assert house.instance.get_run_by_id(under_way.run_id)


def test_reports_of_old_ticks_go_but_the_newest_of_each_asset_and_every_day(house):
    house.drop("a.ndjson", record("e1", "1"))
    house.tick()
    house.drop("b.ndjson", record("e2", "1", "2026-03-03T10:00:00Z"))
    house.tick()
    before = {name: len(house.materializations(name)) for name in ("people/persons", "lake/events")}
    assert before == {"people/persons": 2, "lake/events": 2}
    assert delete_reports(house.instance, datetime.now(UTC)) > 0
    assert len(house.materializations("people/persons")) == 1
    assert house.days() == {"2026-03-02", "2026-03-03"}
    assert house.check("people/persons", "grain").passed


def test_reports_of_new_ticks_stay(house):
    moment = datetime.now(UTC)
    house.drop("a.ndjson", record("e1", "1"))
    house.tick()
    assert delete_reports(house.instance, moment) == 0


def test_the_job_says_what_it_deleted(house):
    run(house)
    config = {"ops": {"delete_old_history": {"config": {"keep_days": 0, "keep_runs": 0}}}}
    done = prune.execute_in_process(config, instance=house.instance)
    messages = [each.user_message for each in house.instance.all_logs(done.run_id)]
    assert any(message.startswith("deleted 1 runs and 0 reports") for message in messages)
