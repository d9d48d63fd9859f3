"""config/exclude.yaml: who counts nowhere, and that every mistake is told with its line and the nearest right name."""

from pathlib import Path

import pytest

from pipelines.config import load_config
from pipelines.config.exclude import load_exclude
from pipelines.config.sources import load_sources
from pipelines.config.yaml_lines import ConfigError

SHIPPED = Path(__file__).parents[3] / "config"
SOURCES = load_sources(SHIPPED / "sources.yaml")


def load(folder: Path, text: str):
    path = folder / "exclude.yaml"
    path.write_text(f"version: 1\n{text}", encoding="utf-8")
    return load_exclude(path, SOURCES)


def test_the_shipped_rules_are_a_table():
    rows = load_config(SHIPPED).tables()["config.exclude"].to_pylist()
    assert [(row["rule"], row["kind"]) for row in rows] == [
        ("staff.example.com", "email_domain"),
        (r"(?i)\b\w*bot\b", "user_agent"),
    ]


def test_an_id_may_hold_slashes(tmp_path):
    (row,) = load(tmp_path, "ids: [app/deployment_id/a/b]\n").table().to_pylist()
    assert (row["namespace"], row["id_kind"], row["value"]) == ("app", "deployment_id", "a/b")


def test_no_rule_is_a_table_without_rows(tmp_path):
    assert load(tmp_path, "").table().num_rows == 0


MISTAKES = {
    "unknown key": ("email_domain: [a.b]\n", 2, "did you mean 'email_domains'?"),
    "no list": ("ids: app/user/1\n", 2, "ids: "),
    "an id in two parts": ("ids:\n  - app/user/1\n  - app/user\n", 4, "write namespace/kind/value"),
    "an id without a value": ("ids: [app/user/]\n", 2, "write namespace/kind/value"),
    "unknown namespace": ("ids:\n  - ap/user/1\n", 3, "did you mean 'app'?"),
    "unknown kind": ("ids:\n  - app/usr/1\n", 3, "did you mean 'user'?"),
    "a kind of another namespace": ("ids: [shop/deployment_id/1]\n", 2, "has ids of kind 'deployment_id'"),
    "an address for a domain": ("email_domains:\n  - a@staff.example.com\n", 3, "is no domain"),
    "a domain in capitals": ("email_domains: [Staff.example.com]\n", 2, "in lower case"),
    "no pattern": ('user_agents:\n  - "(bot"\n', 3, "is no RE2 pattern: missing )"),
    "what RE2 has not": ('user_agents: ["(?<!a)bot"]\n', 2, "is no RE2 pattern"),
    "an empty pattern": ('user_agents: [""]\n', 2, "would exclude everything"),
    "a rule twice": ("email_domains: [a.example.com, a.example.com]\n", 2, "is given twice"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path, case):
    text, line, words = MISTAKES[case]
    with pytest.raises(ConfigError) as error:
        load(tmp_path, text)
    assert str(error.value).startswith(f"{tmp_path / 'exclude.yaml'}:{line}: ")
    assert words in str(error.value)
