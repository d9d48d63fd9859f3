"""config/funnels.yaml: every combination that does not exist is refused by name, with its line and what would be right."""

from pathlib import Path

import pytest

from pipelines.config import load_config
from pipelines.config.actions import Action, action_of
from pipelines.config.funnels import funnels_table, load_funnels
from pipelines.config.yaml_lines import ConfigError

SHIPPED = Path(__file__).parents[3] / "config"
EVENT = {"version": 1, "event": {"name": "x"}, "properties": ["plan", "repo"]}
SPAN = {"start": {"name": "x"}, "end": {"name": "y"}, "key": "id", "timeout": "6h"}
ACTIONS: dict[str, Action] = {
    "visited": action_of(EVENT),
    "signed_up": action_of(EVENT),
    "deployment": action_of({"version": 1, "span": SPAN}),
    "onboarded": action_of({"version": 1, "from_funnel": "onboarding"}),
}
HEAD = "version: 1\nfunnels:\n  f:\n    version: 1\n    window: 7d\n"  # five lines
TWO = "    steps:\n      - {action: visited}\n      - {action: signed_up}\n"
SAME = "    steps:\n      - {action: visited}\n      - {action: visited, name: again}\n"
THREE = (
    "    steps:\n      - {action: visited}\n      - {action: signed_up, optional: true}\n      - {action: deployment}\n"
)


def load(folder: Path, text: str):
    path = folder / "funnels.yaml"
    path.write_text(text, encoding="utf-8")
    return load_funnels(path, ACTIONS)


def row(folder: Path, text: str) -> dict:
    return funnels_table(load(folder, HEAD + text)).to_pylist()[0]


def test_the_shipped_funnels_are_a_table():
    rows = load_config(SHIPPED).tables()["config.funnels"].to_pylist()
    assert [each["funnel"] for each in rows] == ["onboarding", "invite", "own_pull_request", "bought_again"]
    assert rows[0]["window_us"] == 14 * 86_400_000_000
    assert [step["name"] for step in rows[0]["steps"]][-1] == "deployed"


def test_no_file_is_no_funnel(tmp_path):
    assert load_funnels(tmp_path / "funnels.yaml", ACTIONS) == {}
    assert funnels_table({}).num_rows == 0


def test_what_is_not_said_has_its_default(tmp_path):
    found = row(tmp_path, TWO)
    assert (found["mode"], found["reentry"], found["others_besides"], found["hold"]) == ("ordered", "latest", None, [])
    assert [match["bit"] for match in found["matches"]] == [0, 1]


def test_values_are_compared_as_texts(tmp_path):
    found = row(
        tmp_path, "    steps:\n      - {action: visited, where: {plan: [5, true, free]}}\n      - {action: signed_up}\n"
    )
    assert found["matches"][0]["conditions"] == [{"property": "plan", "values": ["5", "true", "free"]}]


def test_exclusions_have_the_bits_after_the_steps(tmp_path):
    found = row(tmp_path, TWO + "    exclusions:\n      - {action: deployment, between: [1, 2]}\n")
    assert [(match["bit"], match["action"]) for match in found["matches"]][2] == (2, "deployment")
    assert found["exclusions"] == [{"from_step": 1, "to_step": 2}]


def test_the_start_of_a_span_whose_end_is_a_step_is_no_other_action(tmp_path):
    steps = "    steps:\n      - {action: visited}\n      - {action: deployment, outcome: ok}\n"
    assert row(tmp_path, steps + "    mode: consecutive\n    among: all\n")["others_besides"] == ["deployment"]


DISJOINT = {
    "start and end": "      - {action: deployment}\n      - {action: deployment, outcome: ok}\n",
    "two ends": "      - {action: deployment, outcome: failed}\n      - {action: deployment, outcome: ok}\n",
    "two values": "      - {action: visited, where: {plan: a}}\n      - {action: visited, name: b, where: {plan: [b, c]}}\n",
}


@pytest.mark.parametrize("case", DISJOINT)
def test_steps_that_no_event_can_share_need_no_reentry_all(tmp_path, case):
    assert row(tmp_path, "    steps:\n" + DISJOINT[case])["reentry"] == "latest"


MISTAKES = {
    "unknown key": (HEAD + TWO + "    windw: 1d\n", 9, "did you mean 'window'?"),
    "unknown key of a step": (HEAD + TWO + "      - {action: visited, whre: {}}\n", 9, "did you mean 'where'?"),
    "no duration": ("version: 1\nfunnels:\n  f:\n    version: 1\n    window: 7\n" + TWO, 5, "is no duration"),
    "no version": ("version: 1\nfunnels:\n  f:\n    window: 7d\n" + TWO, 3, "version: Field required"),
    "one step": (HEAD + "    steps: [{action: visited}]\n", 6, "at least 2 items"),
    "unknown action": (HEAD + TWO.replace("signed_up", "sign_up"), 8, "did you mean 'signed_up'?"),
    "a completion as a step": (
        HEAD + TWO.replace("signed_up", "onboarded"),
        8,
        "'onboarded' is the completion of a funnel",
    ),
    "an outcome of an event": (HEAD + TWO.replace("visited", "visited, outcome: ok"), 7, "only a span has an outcome"),
    "unknown outcome": (HEAD + TWO.replace("visited", "deployment, outcome: open"), 7, "'ok' or 'failed'"),
    "unknown property": (HEAD + TWO.replace("visited", "visited, where: {plam: free}"), 7, "did you mean 'plan'?"),
    "no value": (HEAD + TWO.replace("visited", "visited, where: {plan: []}"), 7, "at least 1 item"),
    "a hold that a step lacks": (
        HEAD + TWO.replace("signed_up", "deployment") + "    hold: [plan]\n",
        8,
        "keeps no property 'plan'",
    ),
    "two steps of one name": (
        HEAD + SAME.replace(", name: again", "") + "    reentry: all\n",
        8,
        "two steps are called 'visited'",
    ),
    "latest with an overlap": (HEAD + SAME, 8, "one event can be step 1 and 2; write reentry: all"),
    "consecutive with an overlap": (HEAD + SAME + "    mode: consecutive\n", 8, "tell them apart by where"),
    "any_order with latest": (HEAD + TWO + "    mode: any_order\n", 3, "any_order exists with reentry: all only"),
    "consecutive with all": (
        HEAD + TWO + "    mode: consecutive\n    reentry: all\n",
        10,
        "consecutive exists with reentry: latest",
    ),
    "among in ordered": (HEAD + TWO + "    among: all\n", 9, "among belongs to mode consecutive"),
    "optional in consecutive": (HEAD + THREE + "    mode: consecutive\n", 8, "optional exists in mode ordered only"),
    "within in any_order": (
        HEAD + TWO.replace("signed_up", "signed_up, within: 1d") + "    mode: any_order\n    reentry: all\n",
        8,
        "within exists in mode ordered only, not in any_order",
    ),
    "exclusions in consecutive": (
        HEAD + TWO + "    mode: consecutive\n    exclusions: [{action: deployment, between: [1, 2]}]\n",
        10,
        "exclusions exist in mode ordered",
    ),
    "optional at the end": (
        HEAD + TWO.replace("signed_up", "signed_up, optional: true"),
        8,
        "first and the last step are required",
    ),
    "within of the first step": (HEAD + TWO.replace("visited", "visited, within: 1d"), 7, "the first has none"),
    "within beyond the window": (HEAD + TWO.replace("signed_up", "signed_up, within: 8d"), 8, "longer than the window"),
    "an exclusion between what is not": (
        HEAD + TWO + "    exclusions: [{action: deployment, between: [2, 3]}]\n",
        9,
        "1 to 2, the earlier",
    ),
    "an exclusion up to an optional step": (
        HEAD + THREE + "    exclusions: [{action: visited, between: [1, 2]}]\n",
        10,
        "an optional step is no end",
    ),
    "a breakdown by two things": (HEAD + TWO + "    breakdown: {step: 1, trait: plan}\n", 9, "or {trait: <name>}"),
    "a breakdown by a step that is not": (
        HEAD + TWO + "    breakdown: {step: 3, property: plan}\n",
        9,
        "there is no step 3",
    ),
    "a breakdown by what is not kept": (
        HEAD + TWO + "    breakdown: {step: 1, property: pla}\n",
        9,
        "did you mean 'plan'?",
    ),
    "a breakdown by a step in any order": (
        HEAD + TWO + "    mode: any_order\n    reentry: all\n    breakdown: {step: 1, property: plan}\n",
        11,
        "break down by a trait",
    ),
    "a bad name": (HEAD.replace("  f:", "  F-1:") + TWO, 3, "a name has small letters"),
    "an unknown key on top": ("version: 1\nfunels: {}\n", 2, "did you mean 'funnels'?"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path, case):
    text, line, words = MISTAKES[case]
    with pytest.raises(ConfigError) as error:
        load(tmp_path, text)
    assert str(error.value).startswith(f"{tmp_path / 'funnels.yaml'}:{line}: ")
    assert words in str(error.value)
