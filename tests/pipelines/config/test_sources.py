"""config/sources.yaml: what is read, and that every mistake is told with its line and the nearest right name."""

import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.config.sources import ConfigError, load_sources

SHIPPED = Path(__file__).parents[3] / "config" / "sources.yaml"
HEAD = "version: 1\nsources:\n"


def load(folder: Path, text: str):
    path = folder / "sources.yaml"
    path.write_text(text, encoding="utf-8")
    return load_sources(path)


def test_the_shipped_sources():
    sources = load_sources(SHIPPED)
    assert list(sources) == ["web", "backend", "jobs", "github", "shop"]
    assert {name: source.namespace for name, source in sources.items()} == {
        "web": "app", "backend": "app", "jobs": "app", "github": "github", "shop": "shop",
    }  # fmt: skip
    assert [name for name, source in sources.items() if not source.sessions] == ["backend", "jobs"]
    assert sources["web"].id_kinds == ("deployment_id", "project_id")
    assert sources["web"].earliest == datetime(2000, 1, 1, tzinfo=UTC)
    assert (sources["web"].session_gap_minutes, sources["web"].session_cap_hours) == (30, 24)
    assert pickle.loads(pickle.dumps(sources)) == sources


MAPPED = "  a:\n    namespace: a\n    folder: inbox/a\n    fields:\n      event_name: kind\n      timestamp: at\n"
MISTAKES = {
    "unknown key": ("  a:\n    namespace: a\n    foldr: inbox/a\n", 5, "did you mean 'folder'?"),
    "unknown limit": (
        "  a:\n    namespace: a\n    folder: x\n    limits:\n      max_dept: 3\n",
        7,
        "did you mean 'max_depth'?",
    ),
    "unknown key beside fields": (MAPPED + "    tme: x\n", 9, "did you mean 'time'?"),
    "unknown field": (MAPPED + "      event_idd: id\n", 9, "did you mean 'event_id'?"),
    "unknown cleaner": (
        MAPPED + "      ids:\n        user: {path: u, clean: [intger]}\n",
        9,
        "did you mean 'integer'?",
    ),
    "unknown word of an expression": (MAPPED + "      event_id: {pth: u}\n", 9, "did you mean 'path'?"),
    "unknown test": (
        MAPPED + "      event_id: {when: [{path: q, less_then: 0, then: x}]}\n",
        9,
        "did you mean 'less_than'?",
    ),
    "undeclared kind": (MAPPED + "      ids:\n        order: o\n", 3, "kind 'order' is not declared"),
    "unknown time format": (
        "  a:\n    namespace: a\n    folder: x\n    time: {format: epoch_milis}\n",
        6,
        "epoch_millis",
    ),
    "no such zone": (
        "  a:\n    namespace: a\n    folder: x\n    time: {format: '%d', zone: Europe/Londn}\n",
        6,
        "Europe/London",
    ),
    "a pattern without a zone": (
        "  a:\n    namespace: a\n    folder: x\n    time: {format: '%Y-%m-%d'}\n",
        6,
        "declare the zone",
    ),
    "parquet without fields": (
        "  a:\n    namespace: a\n    folder: x\n    format: parquet\n",
        3,
        "needs fields",
    ),
    "unknown format": ("  a:\n    namespace: a\n    folder: x\n    format: jsonl\n", 6, "ndjson"),
    "csv without fields": ("  a:\n    namespace: a\n    folder: x\n    format: csv\n", 3, "needs fields"),
    "a key twice": ("  a:\n    namespace: a\n    folder: x\n    folder: y\n", 6, "given twice"),
    "a source twice": ("  a: {namespace: a, folder: x}\n  a: {namespace: a, folder: y}\n", 4, "given twice"),
    "missing folder": ("  a:\n    namespace: a\n", 3, "folder"),
    "a folder inside another": (
        "  a: {namespace: a, folder: x}\n  b: {namespace: a, folder: x/y}\n",
        4,
        "lies in that of 'a'",
    ),
    "a name that is no name": ("  A-1: {namespace: a, folder: x}\n", 3, "name"),
    "a source called like the sum": ("  all: {namespace: a, folder: x}\n", 3, "give it another name"),
    "more kinds than the judge has bits for": (
        "  a:\n    namespace: a\n    folder: x\n    id_kinds: [" + ", ".join(f"k{n}" for n in range(41)) + "]\n",
        6,
        "at most 40",
    ),
    "a source that is no mapping": ("  a: web\n", 3, "at least namespace and folder"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path, case):
    text, line, words = MISTAKES[case]
    with pytest.raises(ConfigError) as error:
        load(tmp_path, HEAD + text)
    assert str(error.value).startswith(f"{tmp_path / 'sources.yaml'}:{line}: ")
    assert words in str(error.value)


def test_a_retired_source_may_leave_its_folder_to_another(tmp_path):
    sources = load(tmp_path, HEAD + "  a: {namespace: a, folder: x, retired: true}\n  b: {namespace: a, folder: x}\n")
    assert [source.retired for source in sources.values()] == [True, False]


@pytest.mark.parametrize("text", ["", "version: 2\nsources: {}\n", "source: {}\nversion: 1\n", "- a\n"])
def test_a_file_that_is_no_list_of_sources(tmp_path, text):
    with pytest.raises(ConfigError, match=r"sources\.yaml:\d+: "):
        load(tmp_path, text)


def test_a_file_that_is_missing_or_no_yaml(tmp_path):
    with pytest.raises(ConfigError, match="is missing"):
        load_sources(tmp_path / "sources.yaml")
    with pytest.raises(ConfigError, match="no YAML"):
        load(tmp_path, "version: [1\n")
