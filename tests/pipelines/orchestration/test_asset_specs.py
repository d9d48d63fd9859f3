"""Tables as Dagster shows them before they are built."""

import dagster as dg
import pytest

from pipelines.house import HOUSE
from pipelines.orchestration.asset_specs import asset_spec, check_specs, shown

SPECS = {name: asset_spec(model, HOUSE.config) for name, model in HOUSE.models.items()}


@pytest.mark.parametrize("name", SPECS)
def test_a_table_says_what_a_person_asks(name):
    spec, model = SPECS[name], HOUSE.models[name]
    assert spec.group_name == model.schema
    assert spec.owners and spec.description and spec.code_version
    assert spec.kinds >= {"duckdb"}
    assert spec.description.startswith("One row per")
    assert [column.name for column in spec.metadata["dagster/column_schema"].columns] == list(model.columns)
    assert spec.metadata["dagster/code_references"].code_references[0].file_path == str(model.path)


def test_the_query_stands_beside_the_table():
    assert "```sql\n-- One row per person" in SPECS["people.persons"].metadata["query"].value


def test_a_table_that_a_loop_builds_is_of_kind_python():
    assert SPECS["people.identities"].kinds == {"duckdb", "python"}
    assert "query" not in SPECS["people.identities"].metadata


def test_tags_say_how_a_table_is_refreshed_and_who_may_read_it():
    assert SPECS["people.persons"].tags.items() >= {"refreshed_by": "person_id", "public": "no"}.items()
    assert SPECS["raw.events"].tags.items() >= {"refreshed_by": "view", "public": "no"}.items()
    assert SPECS["metrics.daily"].tags.items() >= {"refreshed_by": "local_date", "public": "yes"}.items()
    assert SPECS["metrics.freshness"].tags.items() >= {"refreshed_by": "whole", "public": "yes"}.items()


def test_what_reads_the_log_waits_for_the_batch():
    keys = {dep.asset_key.to_user_string() for dep in SPECS["raw.events"].deps}
    assert keys == {"lake/batches", "lake/events"}
    assert {dep.asset_key.to_user_string() for dep in SPECS["raw.quarantine"].deps} == {"lake/batches"}


def test_a_column_can_be_followed_to_the_log():
    found = SPECS["raw.events"].metadata["dagster/column_lineage"].deps_by_column
    assert found["event_id"] == [dg.TableColumnDep(dg.AssetKey(["lake", "events"]), "event_id")]
    assert "| `namespace` | `config.sources.namespace` |" in SPECS["raw.events"].metadata["columns"].value


def test_the_grain_is_marked():
    columns = {column.name: column for column in SPECS["people.persons"].metadata["dagster/column_schema"].columns}
    assert (columns["person_id"].constraints.unique, columns["person_id"].constraints.nullable) == (True, False)
    assert columns["traits"].constraints.nullable


def test_what_is_public_must_stay_fresh():
    fresh = {name for name, spec in SPECS.items() if spec.freshness_policy}
    assert fresh == {name for name, model in HOUSE.models.items() if model.header.public}


def test_a_check_blocks_and_a_warning_does_not():
    found = {spec.name: spec.blocking for spec in check_specs(HOUSE.models["journeys.sessions"])}
    assert found == {"grain": True, "a_session_ends_after_it_starts": True, "a_session_is_a_visit_not_a_robot": False}


def test_angle_brackets_survive_markdown():
    assert shown("<namespace>/<id>") == r"\<namespace\>/\<id\>"


def test_every_column_of_every_table_says_what_it_means():
    """Those of a table built in Python too, which hands columns on under their names."""
    silent = {name: set(model.columns) - set(model.header.columns) for name, model in HOUSE.models.items()}
    assert {name: columns for name, columns in silent.items() if columns} == {}
    assert ("people.events", "person_id") in HOUSE.models["journeys.events"].lineage["person_id"]
    assert ("journeys.events", "person_id") in HOUSE.models["journeys.sessions"].lineage["person_id"]
