"""The hundreds: the same rigs at more points. `make soak` runs them and writes what they found into bench/README.md."""

from dataclasses import replace

import pytest

from tests.faults.figures import Figures
from tests.faults.kills import Kills
from tests.faults.stages import ORDERS
from tests.faults.test_failing_calls import FailingCalls
from tests.faults.test_full_disk import full_disks
from tests.faults.test_kill import STAGES
from tests.needs import needs_compiler, needs_mounting

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("victims-a")]

RANDOM_POINTS, RANDOM_POINTS_ON_TWO_CORES = 300, 20  # of the latter each costs two processes their imports


def test_killed_at_random_times(stages, lasting_report):
    figures = Figures("killed at random times of everything", seed=7)
    Kills(stages, "everything").at_random_times(figures, RANDOM_POINTS)
    lasting_report(figures)


def test_killed_at_random_times_on_two_cores(stages, lasting_report):
    figures = Figures("killed at random times of next ingest on two cores", seed=8)
    order = replace(ORDERS["next ingest"], processes=2)
    Kills(stages, "next ingest", order=order).at_random_times(figures, RANDOM_POINTS_ON_TWO_CORES)
    lasting_report(figures)


@pytest.mark.parametrize("stage", [*STAGES, "compact and refresh"])
def test_killed_at_every_step(stages, lasting_report, stage):
    figures = Figures(f"killed at every step of {stage}")
    Kills(stages, stage).at_steps(figures)
    lasting_report(figures)


@pytest.mark.parametrize("stage", ["refresh", "publish"])
def test_killed_at_every_statement(stages, lasting_report, stage):
    figures = Figures(f"killed at every statement of {stage}")
    Kills(stages, stage).at_steps(figures, every_statement=True)
    lasting_report(figures)


@pytest.mark.parametrize("stage", STAGES)
def test_every_write_fails(stages, lasting_report, stage):
    figures = Figures(f"every failing write of {stage}", seed=9)
    Kills(stages, stage).at_failing_writes(figures, share=1)
    lasting_report(figures)


@needs_compiler
@pytest.mark.parametrize("stage", STAGES)
def test_a_call_fails(stages, lasting_report, stage):
    figures = Figures(f"failing calls of {stage}", seed=10)
    FailingCalls(stages, stage).at_calls(figures, share=0.15)
    lasting_report(figures)


@needs_mounting
@pytest.mark.parametrize("stage", ["first ingest", "next ingest", "refresh", "publish"])
def test_the_disk_is_full(stages, lasting_report, stage):
    figures = Figures(f"full disk in {stage}", seed=11)
    full_disks(stages, stage, figures, points=10)
    lasting_report(figures)


@pytest.mark.parametrize("stage", ["first ingest", "next ingest", "everything"])
def test_the_power_is_cut_at_every_step(stages, lasting_report, stage):
    figures = Figures(f"power cut at every step of {stage}")
    Kills(stages, stage, cut_power=True).at_steps(figures)
    lasting_report(figures)
