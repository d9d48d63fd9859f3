"""Correctors as Dagster runs them: a dry run unless the run's config says apply."""

import sqlite3
from contextlib import closing
from datetime import date

import pytest

from simulator import simulate
from tests.dagster_house import DagsterHouse

JOB, STEP = "correct_projects_without_start", "rows_of_projects_without_start"
APPLY = {"ops": {STEP: {"config": {"apply": True}}}}


@pytest.fixture
def house(dagster_house: DagsterHouse) -> DagsterHouse:
    simulate(
        3, 30, 1, date(2026, 10, 28), dagster_house.folder / "inbox", truth=dagster_house.folder / "data" / "truth"
    )
    return dagster_house


def ask(house: DagsterHouse, query: str) -> list[tuple]:
    with closing(sqlite3.connect(house.folder / "data" / "projects.sqlite")) as connection:
        return connection.execute(query).fetchall()


def shown(result) -> dict:
    (event,) = [each for each in result.all_events if each.event_type_value == "STEP_OUTPUT"]
    return {name: value.value for name, value in event.event_specific_data.metadata.items()}


def test_a_run_shows_and_changes_nothing_until_it_is_told_to_apply(house):
    before = ask(house, "select * from projects")
    dry = shown(house.run(JOB))
    assert dry["rows"] > 0 and not dry["applied"] and "| running | created |" in dry["change"]
    assert ask(house, "select * from projects") == before
    result = house.run(JOB, APPLY)
    done = shown(result)
    assert done["applied"] and (done["rows"], done["change"]) == (dry["rows"], dry["change"])
    by = ask(house, "select distinct corrected_by from trailhouse_corrections")
    assert by == [(f"Dagster run {result.run_id}",)]
    assert shown(house.run(JOB, APPLY))["rows"] == 0


def test_a_database_that_is_not_there_fails_the_run_with_its_name(house):
    (house.folder / "data" / "projects.sqlite").unlink()
    result = house.run(JOB)
    (failed,) = [each for each in result.all_events if each.event_type_value == "STEP_FAILURE"]
    assert not result.success and "TRAILHOUSE_DATABASES__PROJECTS" in str(failed.event_specific_data.error)
