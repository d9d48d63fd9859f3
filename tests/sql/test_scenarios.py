"""Every folder tests/sql/<schema>/<table>/<rule>/ is one test; how a folder is written stands in scenario.py."""

from pathlib import Path

import pytest

from pipelines.warehouse import base_tables
from tests.sql.scenario import run

HERE = Path(__file__).parent
SCENARIOS = sorted(path.parent for path in HERE.glob("*/*/*/expect.csv"))


@pytest.fixture(scope="module")
def base(house):
    return base_tables(house.config)


@pytest.fixture(scope="module")
def models(house):
    return house.models


@pytest.mark.parametrize("folder", SCENARIOS, ids=lambda path: path.relative_to(HERE).as_posix())
def test_scenario(folder, models, base):
    model = models[f"{folder.parent.parent.name}.{folder.parent.name}"]
    expected, found = run(model, models, base, folder)
    assert found == expected


def test_every_folder_is_a_scenario_of_a_table(models):
    rules = {path for path in HERE.glob("*/*/*") if path.is_dir() and path.name != "__pycache__"}
    assert sorted(rules) == SCENARIOS
    assert {f"{path.parent.parent.name}.{path.parent.name}" for path in rules} == set(models)
