"""config/correctors.yaml: what it may say, and how a mistake is told."""

import pytest

from pipelines.config.correctors import load_correctors
from pipelines.config.yaml_lines import ConfigError
from pipelines.settings import Settings

HEAD = "version: 1\ncorrectors:\n"
LEAST = "  a:\n    description: A\n    owner: team:a\n    database: d\n    table: t\n    key: id\n    where: x\n"
CHANGE = "    change: {state: ok}\n"


def load(tmp_path, text):
    path = tmp_path / "correctors.yaml"
    path.write_text(text)
    return load_correctors(path)


def test_the_least_that_a_corrector_says(tmp_path):
    (corrector,) = load(tmp_path, HEAD + LEAST + CHANGE).values()
    assert (corrector.key, corrector.most, corrector.audit) == (("id",), 100, "trailhouse_corrections")


def test_values_keep_their_types(tmp_path):
    text = HEAD + LEAST + "    change: {a: null, b: true, c: 7, d: '7', e: 1.5}\n"
    assert list(load(tmp_path, text)["a"].change.values()) == [None, True, 7, "7", 1.5]
    assert load(tmp_path, text)["a"].change["b"] is True


def test_the_shipped_ones_are_there_and_a_missing_file_names_none(tmp_path):
    assert "projects_gone_but_live" in load_correctors(Settings().config_folder / "correctors.yaml")
    assert load_correctors(tmp_path / "correctors.yaml") == {}


MISTAKES = {
    "unknown key": (LEAST + CHANGE + "    mots: 5\n", 11, "did you mean 'most'?"),
    "no change": (LEAST, 3, "change: Field required"),
    "an empty change": (LEAST + "    change: {}\n", 10, "change"),
    "no owner": (LEAST.replace("    owner: team:a\n", "") + CHANGE, 3, "owner: Field required"),
    "no condition": (LEAST.replace("where: x", "where: ' '") + CHANGE, 9, "say what is wrong with a row"),
    "a key that changes": (LEAST + "    change: {id: 1}\n", 3, "the key 'id' cannot be changed"),
    "a date without quotes": (LEAST + "    change: {at: 2026-11-01}\n", 10, "a date is written in quotes"),
    "a table that is more": (LEAST.replace("table: t", "table: t; drop table t") + CHANGE, 7, "table"),
    "a name in capitals": (LEAST.replace("  a:", "  A:") + CHANGE, 3, "small letters"),
    "no mapping": ("  a: x\n", 3, "write its keys below it"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path, case):
    text, line, words = MISTAKES[case]
    with pytest.raises(ConfigError) as error:
        load(tmp_path, HEAD + text)
    assert str(error.value).startswith(f"{tmp_path / 'correctors.yaml'}:{line}: ")
    assert words in str(error.value)
