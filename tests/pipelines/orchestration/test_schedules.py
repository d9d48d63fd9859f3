"""When jobs run by themselves, and what the jobs are."""

import dagster as dg
import pytest

from pipelines.definitions import defs
from pipelines.house import HOUSE
from pipelines.orchestration.schedules import EVERYTHING, every_15_minutes, nightly_prune
from pipelines.orchestration.tables import step_name
from pipelines.work import new_tasks, read
from tests.dagster_house import record


def evaluate(house):
    """What the schedule answers now."""
    return every_15_minutes(dg.build_schedule_context(instance=house.instance))


def skipped(answer) -> str:
    """Why the schedule starts nothing."""
    assert isinstance(answer, dg.SkipReason)
    return answer.skip_message or ""


@pytest.fixture
def house(lasting_house):
    """Everything read, built and published."""
    lasting_house.drop("a.ndjson", record("e1", "1"))
    lasting_house.build()
    return lasting_house


def test_a_new_house_is_built_once(lasting_house):
    assert isinstance(evaluate(lasting_house), dg.RunRequest)
    lasting_house.build()
    assert "What is published has everything" in skipped(evaluate(lasting_house))


def test_files_in_the_inbox_ask_for_a_run(house):
    house.drop("b.ndjson", record("e2", "2"))
    assert isinstance(evaluate(house), dg.RunRequest)


def test_a_batch_that_was_only_ingested_asks_for_a_run(house):
    house.drop("b.ndjson", record("e2", "2"))
    with house.open() as warehouse:
        read(warehouse, new_tasks(warehouse))
    assert isinstance(evaluate(house), dg.RunRequest)


@pytest.mark.parametrize("job", ["refresh", "rebuild"])
@pytest.mark.parametrize("status", [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED])
def test_never_two_at_a_time(lasting_house, job, status):
    run = lasting_house.instance.create_run_for_job(defs.resolve_job_def(job), status=status)
    assert skipped(evaluate(lasting_house)) == f"Run {run.run_id[:8]} is under way."


def test_a_run_that_failed_is_tried_again(lasting_house):
    lasting_house.instance.create_run_for_job(defs.resolve_job_def("refresh"), status=dg.DagsterRunStatus.FAILURE)
    assert isinstance(evaluate(lasting_house), dg.RunRequest)


def test_refresh_covers_all_but_the_days_that_are_read_again_by_hand():
    keys = {key.to_user_string() for key in EVERYTHING.resolve(defs.resolve_asset_graph())}
    assert "lake/events" not in keys
    assert keys == {name.replace(".", "/") for name in HOUSE.models} | {
        "lake/batches",
        "published/catalog",
        "published/overview",
    }


def test_rebuild_asks_every_table_for_a_full_build_and_reads_no_file():
    job = defs.resolve_job_def("rebuild")
    assert {node.name for node in job.nodes} == {step_name(model) for model in HOUSE.models.values()} | {
        "published_catalog",
        "published_overview",
    }


def test_history_is_pruned_at_night():
    assert (nightly_prune.job_name, nightly_prune.cron_schedule) == ("prune", "30 3 * * *")
    assert nightly_prune.default_status == dg.DefaultScheduleStatus.RUNNING
