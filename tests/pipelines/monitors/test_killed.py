"""Ticks killed at every step, clocks that jump by 3 h and 3 d and go back, the database down: each told once, none lost."""

from collections import Counter
from contextlib import closing

import pytest

from pipelines.ledger import Ledger
from pipelines.ledger.alerts import Alerts, Changes
from tests.faults.conftest import lasting_report as lasting_report
from tests.faults.conftest import report as report  # the same fixtures, for this rig
from tests.faults.figures import Figures, assert_noticed
from tests.pipelines.monitors.outside import Outside
from tests.pipelines.monitors.rig import look, plans, play


def rig(outside, monkeypatch, figures: Figures, ticks: int, seed: int = 0) -> None:
    planned, sent = plans(seed, ticks), Counter[str]()
    play(outside, planned, figures, monkeypatch, sent)
    look(outside, planned, sent, figures)


def test_killed_at_every_step_all_is_told_once(outside, monkeypatch, record_property):
    figures = Figures("monitors, killed at every step while clocks jump and the database is down")
    rig(outside, monkeypatch, figures, 60)
    record_property("figures", figures.line())
    assert figures.points > 20 and figures.acknowledged > 50 and not figures.harm, figures.what


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_two_hundred_ticks_are_told_once(tmp_path, monkeypatch, lasting_report):
    figures = Figures(
        "monitors, 200 ticks and 10 seeds, killed at every step while clocks jump and the database is down"
    )
    for seed in range(1, 11):
        with closing(Ledger(f"sqlite:///{tmp_path / str(seed) / 'data' / 'ledger.sqlite'}")) as ledger:
            rig(Outside(tmp_path / str(seed), ledger), monkeypatch, figures, 200, seed)
    lasting_report(figures)


def test_states_that_are_committed_before_what_is_said_of_them_are_noticed(outside, monkeypatch):
    own = Alerts.commit

    def broken(self: Alerts, changes: Changes) -> None:
        own(self, Changes(changes.transitions, changes.measures, changes.looks))
        own(self, Changes(notes=changes.notes))

    monkeypatch.setattr(Alerts, "commit", broken)
    figures = Figures("control states before notes")
    rig(outside, monkeypatch, figures, 60)
    assert_noticed(figures)


def test_notes_that_are_marked_before_they_are_sent_are_noticed(outside, monkeypatch):
    own = Alerts.of_incident

    def broken(self: Alerts, incident: str):
        notes = own(self, incident)
        self.mark_sent(notes)
        return notes

    monkeypatch.setattr(Alerts, "of_incident", broken)
    figures = Figures("control marked before sent")
    rig(outside, monkeypatch, figures, 60)
    assert_noticed(figures)
