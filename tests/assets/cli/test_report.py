"""`trailhouse report` as a person types it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from pipelines.settings import Settings
from pipelines.warehouse import House
from tests.needs import needs_pango
from tests.pipelines.reports.published import published_events
from tests.shell import say

Said = Callable[..., str]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, house: House) -> Settings:
    return published_events(tmp_path_factory.mktemp("report"), house)


@pytest.fixture
def shell(filled: Settings, environment: Path, monkeypatch: pytest.MonkeyPatch) -> Said:
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    monkeypatch.setenv("TRAILHOUSE_DATA", str(filled.data_folder))
    return partial(say, "report")


def test_reports_are_listed_and_a_wrong_name_is_told_with_the_right_ones(shell: Said):
    assert "weekly_funnel week 08:00 Onboarding, week by week" in shell()
    assert "no report 'mornin'; known: morning, stages, weekly_funnel" in shell("mornin", code=2)


@needs_pango
def test_a_report_is_of_the_last_date_sent_once_and_again_on_purpose(shell: Said):
    assert "Morning statistics, 2026-03-01: 1 messages, 1 PDFs of 1 pages, 2 parts sent now, 0 before" in shell(
        "morning"
    )
    assert "0 parts sent now, 2 before" in shell("morning", "--date", "2026-03-01")
    assert "2 parts sent now, 0 before" in shell("morning", "--again")


@needs_pango
def test_what_was_sent_with_other_figures_is_told(shell: Said, filled: Settings, monkeypatch: pytest.MonkeyPatch):
    shell("stages")
    monkeypatch.setenv("GRAFANA_URL", "http://grafana.example")
    assert "4 of those sent before would say something else now; --again sends them once more" in shell("stages")


@needs_pango
@pytest.mark.parametrize("day", ["2026-02-23", "2026-02-26", "2026-03-01"])
def test_any_date_of_its_week_names_a_weekly_report(shell: Said, day: str):
    assert "Onboarding, week by week, 2026-02-23: 1 messages" in shell("weekly_funnel", "--date", day)
