"""config/stages.yaml: what it may say, and how a mistake is told."""

import pytest

from pipelines.config import load_config
from pipelines.config.stages import Stages, load_stages
from pipelines.config.yaml_lines import ConfigError
from pipelines.settings import Settings

DAY = 86_400_000_000


def load(tmp_path, text):
    path = tmp_path / "stages.yaml"
    path.write_text(text)
    return load_stages(path, ["signed_up", "code_run"])


def test_the_shipped_stages_are_one_row():
    (row,) = load_config(Settings().config_folder).tables()["config.stages"].to_pylist()
    assert row["signed_up"] == ["signed_up"] and {"code_run", "pushed", "purchased"} <= set(row["meaningful"])
    assert (row["version"], row["active_dates"], row["inactive_after_us"]) == (1, 2, 15 * DAY)


def test_without_a_file_nothing_is_meaningful(tmp_path):
    assert load_stages(tmp_path / "stages.yaml", []).meaningful == []
    assert Stages().table().num_rows == 1


def test_what_is_not_written_is_two_dates_and_fifteen_days(tmp_path):
    assert load(tmp_path, "version: 2\nmeaningful: [code_run]\n") == Stages(version=2, meaningful=["code_run"])


MISTAKES = {
    "unknown action": ("version: 1\nmeaningful:\n  - code_run\n  - code_rnu\n", 4, "did you mean 'code_run'?"),
    "unknown sign-up": ("version: 1\nsigned_up: [sign_up]\n", 2, "did you mean 'signed_up'?"),
    "unknown key": ("version: 1\nmeaningfull: [code_run]\n", 2, "did you mean 'meaningful'?"),
    "no duration": ("version: 1\ninactive_after: 15\n", 2, "such as 90s, 30m, 24h or 14d"),
    "a silence of less than two days": ("version: 1\ninactive_after: 47h\n", 2, "shorter than 2d"),
    "no date": ("version: 1\nactive_dates: 0\n", 2, "greater than or equal to 1"),
    "no mapping": ("- version\n", 1, "stages.yaml: "),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path, mistake):
    text, line, words = MISTAKES[mistake]
    with pytest.raises(ConfigError) as error:
        load(tmp_path, text)
    assert str(error.value).startswith(f"{tmp_path / 'stages.yaml'}:{line}: ") and words in str(error.value)
