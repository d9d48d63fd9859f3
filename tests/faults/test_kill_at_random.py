"""Killed at any time of the whole way; and the power cut at steps of every kind, which also takes what was not synced."""

import pytest

from tests.faults.figures import Figures
from tests.faults.kills import Kills

pytestmark = pytest.mark.xdist_group("victims-b")


def test_killed_at_random_times(stages, report):
    figures = Figures("killed at random times of everything", seed=20261107)
    Kills(stages, "everything").at_random_times(figures, 12)
    report(figures)


def test_the_power_is_cut_at_steps_of_every_kind(stages, report):
    figures = Figures("power cut at steps of every kind of first ingest", seed=20261128)
    Kills(stages, "first ingest", cut_power=True).at_steps(figures, share=0.15)
    report(figures)
