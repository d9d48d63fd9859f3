"""The published copy as an asset."""

import dagster as dg

from assets.dashboards.published import catalog
from pipelines.house import HOUSE
from pipelines.published import ask, is_up_to_date
from pipelines.settings import Settings
from pipelines.work import new_tasks, read
from tests.dagster_house import DAY, record
from tests.slack.test_secrets_in_dagster import everything


def test_the_run_publishes_every_public_table_and_says_how_many_rows(dagster_house):
    dagster_house.drop("a.ndjson", record("e1", "1"))
    dagster_house.build()
    assert dg.materialize([catalog], instance=dagster_house.instance).success
    metadata = dagster_house.materializations("published/catalog")[0].metadata
    public = [name for name, model in HOUSE.models.items() if model.header.public]
    assert metadata["dagster/row_count"].value == len(public)
    assert "| people.identities | 1 |" in metadata["tables"].value
    _, rows = ask(Settings().published_folder, "select local_date, event_count from metrics.daily where source = 'all'")
    assert [(str(day), count) for day, count in rows] == [(DAY, 1)]


def test_a_batch_between_two_steps_of_a_run_leaves_the_copy_behind(dagster_house):
    dagster_house.drop("a.ndjson", record("e1", "1"))
    dagster_house.build()
    assert is_up_to_date(Settings(), HOUSE)
    dagster_house.drop("b.ndjson", record("e2", "1"))
    with dagster_house.open() as warehouse:
        read(warehouse, new_tasks(warehouse))
    assert dg.materialize([catalog], instance=dagster_house.instance).success
    assert not is_up_to_date(Settings(), HOUSE)


def test_a_run_that_does_not_reach_postgresql_says_why_and_no_password(lasting_house, monkeypatch):
    canary = "canary-5c1e"
    monkeypatch.setenv("WAREHOUSE_SERVING", f"postgresql://u:{canary}@127.0.0.1:9/nothing")
    done = dg.materialize([catalog], instance=lasting_house.instance, raise_on_error=False)
    found = everything(lasting_house.folder)
    assert not done.success and "is the server there" in found and canary not in found
