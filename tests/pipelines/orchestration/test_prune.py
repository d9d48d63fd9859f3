"""History that goes and history that stays, on the real storage."""

from datetime import UTC, datetime

import dagster as dg

from pipelines.definitions import defs
from pipelines.orchestration.prune import delete_reports, delete_runs, prune
from tests.dagster_house import record


def run(house):
    """Any finished run; returns its id and the moment after it."""
    done = prune.execute_in_process(instance=house.instance)
    return done.run_id, datetime.now(UTC)


def files_of(house, run_id):
    return [path for path in (house.folder / "home").rglob("*") if run_id in path.name]


def test_old_runs_go_with_their_files_and_new_ones_stay(lasting_house):
    old, moment = run(lasting_house)
    new, _ = run(lasting_house)
    assert files_of(lasting_house, old)
    assert delete_runs(lasting_house.instance, moment, keep=0) == 1
    assert [each.run_id for each in lasting_house.instance.get_runs()] == [new]
    assert not files_of(lasting_house, old)
    assert lasting_house.instance.all_logs(new)


def test_the_newest_runs_stay_however_old(lasting_house):
    run(lasting_house)
    second, _ = run(lasting_house)
    assert delete_runs(lasting_house.instance, datetime.now(UTC), keep=1) == 1
    assert [each.run_id for each in lasting_house.instance.get_runs()] == [second]


def test_a_run_under_way_stays(lasting_house):
    job = defs.resolve_job_def("prune")
    under_way = lasting_house.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    assert delete_runs(lasting_house.instance, datetime.now(UTC), keep=0) == 0
    assert lasting_house.instance.get_run_by_id(under_way.run_id)


def test_reports_of_old_ticks_go_but_the_newest_of_each_asset_and_every_day(lasting_house):
    lasting_house.drop("a.ndjson", record("e1", "1"))
    lasting_house.tick()
    lasting_house.drop("b.ndjson", record("e2", "1", "2026-03-03T10:00:00Z"))
    lasting_house.tick()
    before = {name: len(lasting_house.materializations(name)) for name in ("people/persons", "lake/events")}
    assert before == {"people/persons": 2, "lake/events": 2}
    assert delete_reports(lasting_house.instance, datetime.now(UTC)) > 0
    assert len(lasting_house.materializations("people/persons")) == 1
    assert lasting_house.days() == {"2026-03-02", "2026-03-03"}
    assert lasting_house.check("people/persons", "grain").passed


def test_reports_of_new_ticks_stay(lasting_house):
    moment = datetime.now(UTC)
    lasting_house.drop("a.ndjson", record("e1", "1"))
    lasting_house.tick()
    assert delete_reports(lasting_house.instance, moment) == 0


def test_the_job_says_what_it_deleted(lasting_house):
    run(lasting_house)
    config = {"ops": {"delete_old_history": {"config": {"keep_days": 0, "keep_runs": 0}}}}
    done = prune.execute_in_process(config, instance=lasting_house.instance)
    messages = [each.user_message for each in lasting_house.instance.all_logs(done.run_id)]
    assert any(message.startswith("deleted 1 runs and 0 reports") for message in messages)
