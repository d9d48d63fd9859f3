"""Tables as assets: what a run builds, stops, and leaves for a person to see."""

import dagster as dg
import pytest

from pipelines.house import HOUSE
from pipelines.orchestration.tables import table_assets
from pipelines.work import new_tasks, read
from tests.dagster_house import DAY, record, with_check
from tests.houses import rows_of, with_inputs

TABLES = {name.replace(".", "/") for name in HOUSE.models}


@pytest.fixture
def house(dagster_house):
    """Two persons, every table built."""
    dagster_house.drop("a.ndjson", record("e1", "1"), record("e2", "2"))
    dagster_house.build()
    return dagster_house


def build(house, edited):
    """All tables of a house that somebody edited, in one run."""
    return dg.materialize(table_assets(edited), instance=house.instance, raise_on_error=False)


def whys(house):
    return {name: house.materializations(name)[0].metadata["why"].value for name in TABLES}


def test_the_refresh_job_materializes_everything_with_row_counts_and_lineage(dagster_house):
    house = dagster_house
    house.drop("a.ndjson", record("e1", "1"), record("e2", "2"))
    assert house.run("refresh").success
    assert house.materialized() == TABLES | {"lake/batches", "lake/events", "published/catalog", "published/overview"}
    for name in TABLES:
        assert isinstance(house.materializations(name)[0].metadata["dagster/row_count"].value, int), name
    found = house.materializations("people/events")[0].metadata["dagster/column_lineage"].value.deps_by_column
    assert found["occurred_at"] == [dg.TableColumnDep(dg.AssetKey(["raw", "events"]), "occurred_at")]


def test_a_run_after_everything_finds_nothing_new_and_every_check_still_holds(house):
    assert house.run("refresh").success
    assert set(whys(house).values()) == {"nothing new"}
    assert house.check("people/persons", "grain").passed


def test_the_rebuild_job_builds_from_nothing(house):
    with house.open() as warehouse:
        before = rows_of(warehouse, "people.events")
    assert house.run("rebuild").success
    assert set(whys(house).values()) == {"a full build was asked for"}
    with house.open() as warehouse:
        assert rows_of(warehouse, "people.events") == before


def test_one_table_can_be_rebuilt(house):
    assert house.run("refresh", {"ops": {"metrics_freshness": {"config": {"full": True}}}}).success
    found = whys(house)
    assert found.pop("metrics/freshness") == "a full build was asked for"
    assert set(found.values()) == {"nothing new"}


def test_a_failed_check_keeps_the_old_rows_and_stops_what_depends_on_the_table(house):
    house.drop("b.ndjson", record("e3", "3"))
    with house.open() as warehouse:
        read(warehouse, new_tasks(warehouse))
    done = build(house, with_check("people.events", "person_id <> 'app/user/3'"))
    assert steps(done, "is_step_failure") == {"people_events"}
    apart = {name for name in HOUSE.models if "people.events" not in with_inputs([name], HOUSE.models)}
    assert len(apart) > 10 and steps(done, "is_step_success") == {name.replace(".", "_") for name in apart}
    result = house.check("people/events", "extra")
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert result.metadata["failed_rows"].value == 1
    with house.open() as warehouse:
        assert rows_of(warehouse, "people.events", ["event_id"]) == [("e1",), ("e2",)]


def steps(done, kind):
    return {event.step_key for event in done.all_events if getattr(event, kind)}


def test_a_failed_check_stops_nothing_else(house):
    done = build(house, with_check("people.persons", "false"))
    assert steps(done, "is_step_failure") == {"people_persons"}
    not_done = {"people_persons"}
    assert steps(done, "is_step_success") == {name.replace("/", "_") for name in TABLES} - not_done


def test_a_warning_tells_and_stops_nothing(house):
    assert build(house, with_check("people.persons", "person_id <> 'app/user/2'", blocking=False)).success
    result = house.check("people/persons", "extra")
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert result.description == "1 rows break it"


def test_a_warning_stays_while_the_rows_that_cause_it_stay(house):
    edited = with_check("people.persons", "person_id <> 'app/user/2'", blocking=False)
    build(house, edited)
    house.drop("b.ndjson", record("e3", "1"))
    with house.open() as warehouse:
        read(warehouse, new_tasks(warehouse))
    assert build(house, edited).success
    assert house.materializations("people/persons")[0].metadata["why"].value == "1 touched persons"
    assert not house.check("people/persons", "extra").passed


def test_a_preview_shows_the_last_rows(house):
    assert build(house, HOUSE).success
    assert "| app/user/2 |" in house.materializations("people/persons")[0].metadata["preview"].value
    assert "| e2 |" in house.materializations("raw/events")[0].metadata["preview"].value


def test_a_property_whose_type_drifts_is_told(dagster_house):
    house = dagster_house
    house.drop("a.ndjson", record("e1", "1", properties={"total": 7}))
    assert house.run("refresh").success
    assert house.check("metrics/properties", "a_property_keeps_its_type").passed
    house.drop("b.ndjson", record("e2", "1", f"{DAY}T11:00:00Z", properties={"total": "7"}))
    assert house.run("refresh").success
    told = house.check("metrics/properties", "a_property_keeps_its_type")
    assert (told.passed, told.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert told.metadata["failed_rows"].value == 1
