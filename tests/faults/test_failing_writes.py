"""A write fails: the run says so, no record is blamed for it, and the next run completes."""

import pytest

from tests.faults.figures import Figures, assert_noticed
from tests.faults.kills import Kills
from tests.faults.stages import Name

pytestmark = pytest.mark.xdist_group("victims-a")

STAGES: list[Name] = ["first ingest", "next ingest", "refresh", "publish", "compact", "replay"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_write_of_every_kind_fails(stages, report, stage):
    figures = Figures(f"failing writes of {stage}", seed=20261128)
    Kills(stages, stage).at_failing_writes(figures)
    report(figures)


CONTROLS: list[tuple[str, Name, str]] = [
    ("refuse_files_on_a_bad_disk", "next ingest", "write data/lake"),
    ("go_on_without_the_bytes", "publish", "fsync"),
]


@pytest.mark.parametrize(("breaks", "stage", "only"), CONTROLS)
def test_a_break_is_noticed(stages, breaks, stage, only):
    figures = Figures(f"control {breaks}", seed=1)
    Kills(stages, stage, breaks).at_failing_writes(figures, only, share=1)
    assert_noticed(figures)
