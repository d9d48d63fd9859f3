import re
from pathlib import Path

import pytest
import yaml

from pipelines.config import load_config
from pipelines.config.monitors import load_monitors
from pipelines.config.yaml_lines import ConfigError
from pipelines.monitors.binding import refuse_unbound
from pipelines.settings import Settings
from pipelines.warehouse import load_house

LEAST = {"description": "d", "owner": "team:data", "severity": "warning", "channels": ["C0ALERTS"]}
QUERY = {"what": {"query": "select count(*) as value from metrics.daily"}, "condition": {"above": 0}}
SEEN = {"what": {"action": "deployment"}}


@pytest.fixture(scope="module")
def house():
    return load_house(Settings())


def load(tmp_path: Path, house, **entry):
    path = tmp_path / "monitors.yaml"
    written = {"version": 1, "monitors": {"one": LEAST | entry}}
    path.write_text(yaml.safe_dump(written, sort_keys=False))
    return load_monitors(path, house.config.sources, house.config.actions, house.config.correctors)["one"]


def test_the_shipped_file_is_typed_and_every_query_binds(house):
    monitors = load_config(Settings().config_folder).monitors
    assert {"signup", "deployment_failed", "deployment_slow", "source_stale", "pipeline_heartbeat"} <= set(monitors)
    refuse_unbound(Settings().config_folder / "monitors.yaml", monitors, house.models)


def test_when_each_kind_is_looked_at(tmp_path, house):
    assert load(tmp_path, house, **SEEN).interval == 0
    assert load(tmp_path, house, what={"gap": "5m"}).interval == 60_000_000
    assert load(tmp_path, house, **QUERY).interval == 900_000_000
    assert load(tmp_path, house, **QUERY, every="6h").interval == 21_600_000_000
    assert load(tmp_path, house, **QUERY, every="batch").interval == 0


REFUSED = [
    ({"owner": None}, "owner: Input should be a valid string"),
    ({"owner": "somebody"}, "'somebody' is no owner; write team:<name>"),
    ({"severty": "info"}, "unknown key 'severty'; did you mean 'severity'?"),
    (QUERY | {"channels": []}, "channels: "),
    ({"what": {}}, "write one of action, query, dagster, gap"),
    ({"what": {"action": "deployment", "query": "select 1"}}, "write one of action, query, dagster, gap"),
    ({"what": {"action": "deployment", "database": "projects"}}, "'database' says nothing about action"),
    ({"what": {"action": "deploymnt"}}, "no action 'deploymnt'; did you mean 'deployment'?"),
    (
        {"what": {"action": "deployment", "labels": ["regon"]}},
        "no column or property 'regon' of 'deployment'; did you mean 'region'?",
    ),
    (
        {"what": {"action": "deployment", "where": {"regin": "eu"}}},
        "no property 'regin' of 'deployment'; did you mean 'region'?",
    ),
    (SEEN | {"condition": {"above": 1}}, "a query needs a condition; nothing else has one"),
    ({"what": {"dagster": "runz"}}, "what.dagster: Input should be"),
    ({"what": {"dagster": "runs", "labels": ["job"]}}, "'labels' says nothing about dagster"),
    (SEEN | {"for": "5m"}, "for: what happens does not last"),
    (SEEN | {"for": "5 minutes"}, "'5 minutes' is no duration"),
    (QUERY | {"condition": {"above": 1, "below": 0}}, "write one of above, below, changed"),
    (QUERY | {"condition": {"relative": {"against": "7d"}}}, "write falls or rises"),
    (QUERY | {"condition": {"absent": True}, "no_data": "tell"}, "no_data: the condition says already"),
    (QUERY | {"group_by": ["region"]}, "group_by: no label 'region'"),
    (QUERY | {"sources": ["wbe"]}, "no source 'wbe'; did you mean 'web'?"),
    (
        QUERY | {"corrector": "project_without_start"},
        "no corrector 'project_without_start'; did you mean 'projects_without_start'?",
    ),
    (QUERY | {"quiet_hours": {"from": 1320, "to": "07:00"}}, "is no time of day; write it in quotes"),
    (QUERY | {"message": "{{ nonsense"}, "this message is no template"),
]


@pytest.mark.parametrize(("entry", "what"), REFUSED, ids=[what for _, what in REFUSED])
def test_a_mistake_is_refused_with_its_line(tmp_path, house, entry, what):
    with pytest.raises(ConfigError, match=rf"monitors\.yaml:\d+: monitor 'one': .*{re.escape(what)}"):
        load(tmp_path, house, **entry)


UNBOUND = [
    (
        "select count(*) as value from metrics.dialy",
        "reads metrics.dialy, which is no public table; did you mean 'metrics.daily'?",
    ),
    ("select count(*) as value from people.links", "reads people.links, which is no public table"),
    ("select event_cnt as value from metrics.daily", "event_cnt"),
    ("select count(*) as number from metrics.daily", "the query gives no column 'value'"),
    ("delete from metrics.daily", "one SELECT"),
    ("select 1 as value from daily", "table 'daily' has no schema"),
]


@pytest.mark.parametrize(("query", "what"), UNBOUND, ids=[query for query, _ in UNBOUND])
def test_a_query_that_does_not_bind_is_refused_with_its_line(tmp_path, house, query, what):
    monitor = load(tmp_path, house, what={"query": query}, condition={"above": 0})
    with pytest.raises(ConfigError, match=rf"monitors\.yaml:\d+: monitor 'one': .*{re.escape(what)}"):
        refuse_unbound(tmp_path / "monitors.yaml", {"one": monitor}, house.models)


def test_a_label_that_the_query_does_not_give_is_refused(tmp_path, house):
    what = {"query": "select 1 as value, source as src from metrics.daily", "labels": ["source"]}
    monitor = load(tmp_path, house, what=what, condition={"above": 0})
    with pytest.raises(ConfigError, match="the query gives no column 'source'"):
        refuse_unbound(tmp_path / "monitors.yaml", {"one": monitor}, house.models)
