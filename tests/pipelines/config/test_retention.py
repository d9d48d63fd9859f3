"""config/retention.yaml and config/stickiness.yaml: what they may say, and how a mistake is told."""

import pytest

from pipelines.config import load_config
from pipelines.config.retention import load_retention, load_stickiness, retention_table, stickiness_table
from pipelines.config.yaml_lines import ConfigError
from pipelines.settings import Settings

ACTIONS = ("signed_up", "code_run")
HEAD = "version: 1\nretention:\n  back:\n"


def load(tmp_path, text, read=load_retention, name="retention"):
    path = tmp_path / f"{name}.yaml"
    path.write_text(text)
    return read(path, ACTIONS)


def test_the_shipped_entries_are_rows_by_grain():
    tables = load_config(Settings().config_folder).tables()
    rows = [row for row in tables["config.retention"].to_pylist() if row["retention"] == "after_sign_up"]
    counts = {row["grain"]: row["period_count"] for row in rows}
    assert counts == {"day": 30, "week": 12, "month": 6, "rolling": 30}
    assert "code_run" in tables["config.stickiness"].to_pylist()[0]["actions"]


def test_without_files_there_is_no_entry(tmp_path):
    assert retention_table(load_retention(tmp_path / "retention.yaml", ACTIONS)).num_rows == 0
    assert stickiness_table(load_stickiness(tmp_path / "stickiness.yaml", ACTIONS)).num_rows == 0


def test_without_a_word_on_it_the_first_target_makes_a_cohort_and_the_same_action_returns(tmp_path):
    entry = load(tmp_path, HEAD + "    version: 1\n    target: [code_run]\n")["back"]
    assert (entry.entry, entry.returned) == ("first", ["code_run"])
    assert entry.periods == {"day": 30, "week": 12, "month": 6}


MISTAKES = {
    "unknown action": (HEAD + "    version: 1\n    target:\n      - code_rnu\n", 6, "did you mean 'code_run'?"),
    "unknown return": (
        HEAD + "    version: 1\n    target: [code_run]\n    returned: [sign_up]\n",
        6,
        "did you mean 'signed_up'?",
    ),
    "unknown key": (HEAD + "    version: 1\n    tarjet: [code_run]\n", 5, "did you mean 'target'?"),
    "unknown grain": (HEAD + "    version: 1\n    target: [code_run]\n    periods: {year: 1}\n", 6, "'rolling'"),
    "no version": (HEAD + "    target: [code_run]\n", 3, "version: Field required"),
    "no action": (HEAD + "    version: 1\n    target: []\n", 5, "at least 1 item"),
    "no mapping": ("version: 1\nretention: []\n", 1, "write `version: 1`, then `retention:`"),
    "an entry that is none": ("version: 1\nretention:\n  back:\n", 3, "'back': "),
    "unknown key on top": ("version: 1\nretentoin: {}\n", 2, "Known: retention, version"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path, mistake):
    text, line, words = MISTAKES[mistake]
    with pytest.raises(ConfigError) as error:
        load(tmp_path, text)
    assert str(error.value).startswith(f"{tmp_path / 'retention.yaml'}:{line}: ") and words in str(error.value)


def test_stickiness_names_known_actions(tmp_path):
    text = "version: 1\nstickiness:\n  a:\n    version: 1\n    actions: [code_rnu]\n"
    with pytest.raises(ConfigError, match=r"stickiness.yaml:5: .*did you mean 'code_run'"):
        load(tmp_path, text, load_stickiness, "stickiness")
