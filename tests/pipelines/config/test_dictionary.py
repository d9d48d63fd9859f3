"""config/dictionary.yaml: which properties show no example."""

import shutil
from pathlib import Path

import pytest

from pipelines.config import load_config
from pipelines.config.yaml_lines import ConfigError

SHIPPED = Path(__file__).parents[3] / "config"


def test_the_shipped_words_are_a_table():
    (row,) = load_config(SHIPPED).tables()["config.dictionary"].to_pylist()
    assert "email" in row["private_names"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("private_name: [a]", 2, "Known: private_names"),
        ("private_names:\n  - Email", 2, "'Email' is no word in lower case"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path, text, line, words):
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    (tmp_path / "dictionary.yaml").write_text(f"version: 1\n{text}\n")
    with pytest.raises(ConfigError) as error:
        load_config(tmp_path)
    assert str(error.value).startswith(f"{tmp_path / 'dictionary.yaml'}:{line}: ") and words in str(error.value)
