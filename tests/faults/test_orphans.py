"""An ingest on several cores is killed, and its children write on while the next one reads: nothing of theirs counts."""

import json
import os
import signal
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.deeds import Order
from tests.faults.figures import Figures, assert_noticed
from tests.faults.rig import picture_in
from tests.faults.stages import Stages

pytestmark = pytest.mark.xdist_group("victims-b")


def outlived(stages: Stages, breaks: str | None = None) -> Figures:
    figures, victims = Figures("orphans that write on"), stages.victims
    folder = Path(victims.restore(stages.standing))
    order = Order(str(folder), batches=(2,), processes=2, breaks=breaks)
    with figures.timed():
        figures.points = int(victims.kill(replace(order, leave_orphans=True)))
        orphans = json.loads((folder / "orphans").read_bytes())
        victims.run(replace(order, processes=1))
        figures.acknowledged = len((folder / "acknowledged").read_text().split())
        for orphan in orphans:
            let_end(orphan)
        found = picture_in(victims.run(Order(str(folder), look=("log",))))
        figures.compare("afterwards", stages.expected("next ingest"), found)
    return figures


def let_end(process: int) -> None:
    """Errors: AssertionError when it does not end by itself."""
    os.kill(process, signal.SIGCONT)
    deadline = time.monotonic() + 60
    while is_running(process):
        assert time.monotonic() < deadline, f"process {process} does not end"
        time.sleep(0.02)


def is_running(process: int) -> bool:
    with suppress(ProcessLookupError, FileNotFoundError):
        state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0]
        return state not in "ZX"
    return False


def test_children_that_outlive_their_parent_change_nothing(stages, report):
    report(outlived(stages))


def test_children_under_the_same_names_are_noticed(stages):
    figures = outlived(stages, breaks="same_names_for_every_attempt")
    assert_noticed(figures)
