"""config/actions.yaml: what it may say, and how a mistake is told."""

import json

import pytest

from pipelines.config import load_config
from pipelines.config.actions import Action, actions_table, load_actions, refuse_unknown_funnels
from pipelines.config.yaml_lines import ConfigError
from pipelines.settings import Settings

HEAD = "version: 1\nactions:\n"
SHIPPED = Settings().config_folder
SOURCES = load_config(SHIPPED).sources


def load(tmp_path, text):
    path = tmp_path / "actions.yaml"
    path.write_text(text)
    return load_actions(path, SOURCES)


def test_the_shipped_rules_cover_the_three_products():
    actions = load_actions(SHIPPED / "actions.yaml", SOURCES)
    assert {"signed_up", "logged_in", "project_created", "code_run", "deployment", "invited", "hit_error"} <= set(
        actions
    )
    assert {"pushed", "opened_issue", "reviewed", "purchased", "cancelled"} <= set(actions)
    assert actions["deployment"].span and actions["deployment"].span.timeout == 3_600_000_000


def test_the_table_holds_what_the_rules_are_read_from_again():
    actions = load_actions(SHIPPED / "actions.yaml", SOURCES)
    for row in actions_table(actions).to_pylist():
        again = Action.model_validate_json(row["definition"])
        assert again.model_dump() == actions[row["action"]].model_dump() | {"description": ""}


def test_a_description_changes_no_result(tmp_path):
    rule = "  a:\n    version: 1\n    event: {name: x}\n"
    with_text = load(tmp_path, HEAD + rule + "    description: text\n")
    assert actions_table(with_text) == actions_table(load(tmp_path, HEAD + rule))


def test_a_file_that_is_not_there_names_no_action(tmp_path):
    assert load_actions(tmp_path / "actions.yaml", SOURCES) == {}


def test_values_are_compared_as_json_writes_them(tmp_path):
    actions = load(tmp_path, HEAD + "  a:\n    version: 1\n    event: {name: x, where: {paid: true, n: [1, two]}}\n")
    tests = actions["a"].matches["event"].where
    assert (tests["paid"].values, tests["n"].values) == (("true",), ("1", "two"))
    assert json.loads(actions["a"].definition)["event"]["where"] == {"paid": True, "n": [1, "two"]}


SPAN = "  a:\n    version: 1\n    span:\n      start: {name: s}\n      end: {name: e}\n"


def test_the_completion_of_a_funnel_that_no_file_has_is_refused(tmp_path):
    actions = load(tmp_path, HEAD + "  done:\n    version: 1\n    from_funnel: onbording\n")
    with pytest.raises(ConfigError, match=r"actions\.yaml:5: action 'done': no funnel .*'onboarding'"):
        refuse_unknown_funnels(tmp_path / "actions.yaml", actions, ["onboarding", "invite"])


MISTAKES = {
    "unknown key": ("  a:\n    version: 1\n    evnt: {name: x}\n", 5, "did you mean 'event'?"),
    "unknown key inside": (
        "  a:\n    version: 1\n    event:\n      name: x\n      sorce: web\n",
        7,
        "did you mean 'source'?",
    ),
    "unknown key of a test": (
        "  a:\n    version: 1\n    event:\n      name: x\n      where:\n        p: {match: y}\n",
        8,
        "did you mean 'matches'?",
    ),
    "unknown source": (
        "  a:\n    version: 1\n    event:\n      source: wbe\n      name: x\n",
        6,
        "did you mean 'web'?",
    ),
    "no version": ("  a:\n    event: {name: x}\n", 3, "version: Field required"),
    "two kinds": ("  a:\n    version: 1\n    event: {name: x}\n    from_funnel: f\n", 3, "this has event, from_funnel"),
    "no kind": ("  a:\n    version: 1\n", 3, "one of event, span, from_funnel"),
    "no timeout": (SPAN + "      key: ids.deployment_id\n", 5, "span.timeout: Field required"),
    "no duration": (SPAN + "      key: k\n      timeout: 6 hours\n", 9, "such as 90s, 30m, 24h or 14d"),
    "no key": (SPAN + "      timeout: 6h\n", 5, "span.key: Field required"),
    "an undeclared id": (SPAN + "      key: ids.deploymnt_id\n      timeout: 6h\n", 3, "did you mean 'deployment_id'?"),
    "no pattern": (
        "  a:\n    version: 1\n    event:\n      name: x\n      where: {p: {matches: '('}}\n",
        7,
        "is no RE2 pattern",
    ),
    "an empty test": ("  a:\n    version: 1\n    event:\n      name: x\n      where: {p: []}\n", 7, "write a value"),
    "a page without a slash": ("  a:\n    version: 1\n    event: {name: x, page: docs}\n", 5, "event.page"),
    "dedupe of a span": (
        SPAN + "      key: k\n      timeout: 6h\n    dedupe: {within: 1m}\n",
        3,
        "dedupe belongs to an event",
    ),
    "properties of a funnel": (
        "  a:\n    version: 1\n    from_funnel: f\n    properties: [x]\n",
        3,
        "has no properties",
    ),
    "a name in capitals": ("  SignedUp:\n    version: 1\n    event: {name: x}\n", 3, "small letters"),
    "no mapping": ("  a: signed_up\n", 3, "write its keys below it"),
    "given twice": ("  a: {version: 1, event: {name: x}}\n  a: {version: 1, event: {name: y}}\n", 4, "given twice"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path, case):
    text, line, words = MISTAKES[case]
    with pytest.raises(ConfigError) as error:
        load(tmp_path, HEAD + text)
    assert str(error.value).startswith(f"{tmp_path / 'actions.yaml'}:{line}: ")
    assert words in str(error.value)


@pytest.mark.parametrize("text", ["", "version: 2\nactions: {}\n", "actoins: {}\nversion: 1\n", "- a\n"])
def test_a_file_that_is_no_list_of_actions(tmp_path, text):
    with pytest.raises(ConfigError, match=r"actions\.yaml:\d+: "):
        load(tmp_path, text)
