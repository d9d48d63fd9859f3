"""config/reports.yaml: what it may say, and how a mistake is told."""

from datetime import time

import pytest

from pipelines.config import load_config
from pipelines.config.reports import load_reports
from pipelines.config.yaml_lines import ConfigError
from pipelines.settings import Settings

HEAD = "version: 1\nreports:\n"
SHIPPED = Settings().config_folder
SOURCES = load_config(SHIPPED).sources
LEAST = "  a:\n    title: A\n    channel: C0123456789\n    queries: {q: from metrics.daily}\n    message: x\n"


def load(tmp_path, text):
    path = tmp_path / "reports.yaml"
    path.write_text(text)
    return load_reports(path, SOURCES)


def test_the_least_that_a_report_says(tmp_path):
    (report,) = load(tmp_path, HEAD + LEAST).values()
    assert (report.every, report.at, report.no_data, report.page) == ("day", time(8), "send", "A4")


MISTAKES = {
    "unknown key": (LEAST + "    tempate: x\n", 8, "did you mean 'template'?"),
    "no channel": ("  a:\n    title: A\n    queries: {q: x}\n    message: x\n", 3, "channel: Field required"),
    "a channel by its name": (
        LEAST.replace("C0123456789", "'#general'"),
        5,
        "'#general' is not the id of a Slack channel",
    ),
    "a name that is no folder": (LEAST.replace("  a:", "  ../a:"), 3, "small letters"),
    "no queries": ("  a:\n    title: A\n    channel: C0123456789\n    queries: {}\n    message: x\n", 6, "queries"),
    "a time without quotes": (LEAST + "    at: 8\n", 8, "in quotes, such as '08:00'"),
    "a deadline before it is due": (LEAST + "    deadline: '07:00'\n", 3, "is not after 08:00"),
    "no such zone": (LEAST + "    zone: Europe/Berln\n", 8, "Europe/Berlin"),
    "no such source": (LEAST + "    sources: [wbe]\n", 8, "did you mean 'web'?"),
    "threads of no query": (LEAST + "    threads: {query: p, key: k}\n", 3, "no query 'p'"),
    "replies to no thread": (
        LEAST + "    threads: {query: q, key: k}\n    replies: {query: q, message: m, template: t}\n",
        3,
        "replies.thread names the column",
    ),
    "too many replies": (LEAST + "    replies: {query: q, message: m, template: t, cap: 5000}\n", 8, "500"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path, case):
    text, line, words = MISTAKES[case]
    with pytest.raises(ConfigError) as error:
        load(tmp_path, HEAD + text)
    assert str(error.value).startswith(f"{tmp_path / 'reports.yaml'}:{line}: ")
    assert words in str(error.value)
