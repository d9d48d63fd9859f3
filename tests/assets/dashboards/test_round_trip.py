"""The typed classes read back what they wrote: a key that none of them knows would be lost on the way."""

import json
from copy import deepcopy

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from tests.assets.dashboards.shown import Json, boards

ALL = list(boards())


def again(made: Json) -> Json:
    register_default_plugins()
    return json.loads(JSONEncoder().encode(Dashboard.from_json(deepcopy(made))))


@pytest.mark.parametrize("key", ALL, ids="-".join)
def test_a_dashboard_is_read_back_equal(key: tuple[str, str]):
    made = boards()[key].made
    assert again(made) == made


WRONG = {
    "a misspelt key of a panel": lambda made: made["panels"][0].update({"noValues": "-"}),
    "a misspelt option": lambda made: made["panels"][0]["options"].update({"graphmode": "area"}),
    "a misspelt setting": lambda made: made["panels"][0]["fieldConfig"]["defaults"].update({"unitt": "s"}),
    "a key that no query has": lambda made: made["panels"][0]["targets"][0].update({"sql": "select 1"}),
    "a misspelt key of a variable": lambda made: made["templating"]["list"][0].update({"labels": "x"}),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_no_class_knows_is_found(what: str):
    made = deepcopy(boards()["duckdb", "overview"].made)
    WRONG[what](made)
    try:
        assert again(made) != made
    except TypeError as error:
        assert "sql" in str(error)
