"""config/publish.yaml: nothing personal is published that it does not list, and who reads such a column is told at load."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.config.publish import Publish, load_publish, withhold
from pipelines.config.yaml_lines import ConfigError
from pipelines.contract import Contract, ContractError
from pipelines.models import Model

SHIPPED = Path(__file__).parents[3] / "config"


@pytest.fixture
def models(house) -> dict[str, Model]:
    """Of a house that publishes nothing personal."""
    copies = {name: replace(model) for name, model in house.models.items()}
    withhold(SHIPPED / "publish.yaml", Publish(), copies)
    return copies


def test_without_the_file_nothing_personal_is_published(tmp_path, models):
    assert load_publish(tmp_path / "publish.yaml") == Publish()
    assert models["journeys.actions"].withheld == ("properties",)
    assert models["people.statements"].withheld == ("user_a", "user_b")


def test_the_shipped_file_publishes_what_reports_monitors_and_pages_read(house):
    assert not [name for name, model in house.models.items() if model.withheld]


def test_what_is_made_of_a_personal_column_and_keeps_its_name_is_personal(house):
    """A table that hands one on must say so too."""
    personal = {(name, each) for name, model in house.models.items() for each in model.header.personal}
    for name, model in house.models.items():
        handed_on = {
            each for each in model.columns if {(n, c) for n, c in model.lineage.get(each, []) if c == each} & personal
        }
        assert not model.header.public or handed_on <= set(model.header.personal), name


ASKED = ("select properties ->> 'plan' from journeys.actions", "select a.properties from journeys.actions as a")


@pytest.mark.parametrize("query", ASKED)
@pytest.mark.parametrize("is_served", [True, False])
def test_a_reader_of_what_is_withheld_is_told_what_to_write_where(models, query, is_served):
    with closing(Contract(models, is_served)) as contract, pytest.raises(ContractError) as refused:
        contract.columns(query)
    assert "journeys.actions.properties is personal" in str(refused.value)
    assert "write `journeys.actions: [properties]` below `personal:` in config/publish.yaml" in str(refused.value)


def test_all_columns_are_those_that_are_published(models):
    with closing(Contract(models)) as contract:
        assert "properties" not in contract.columns("select * from journeys.actions")


MISTAKES = {
    "another word": ("persnal: {}", 2, "did you mean 'personal'?"),
    "no such table": ("personal:\n  journeys.action: [properties]", 3, "did you mean 'journeys.actions'?"),
    "nothing personal in it": ("personal:\n  metrics.daily: [source]", 3, "is no public table with personal columns"),
    "no such column": (
        "personal:\n  people.statements: [user_c]",
        3,
        "no personal column of people.statements; did you mean",
    ),
    "not personal": (
        "personal:\n  journeys.actions: [action]",
        3,
        "'action' is no personal column of journeys.actions",
    ),
    "nothing": ("personal:\n  journeys.actions: []", 3, "at least 1 item"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path, models, case):
    text, line, message = MISTAKES[case]
    path = tmp_path / "publish.yaml"
    path.write_text(f"version: 1\n{text}\n")
    with pytest.raises(ConfigError) as refused:
        withhold(path, load_publish(path), models)
    assert str(refused.value).startswith(f"{path}:{line}: ") and message in str(refused.value)
