"""Two writers: the second is told who writes, or waits its turn; what both read is there once."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.deeds import Order
from tests.faults.figures import Figures, assert_noticed
from tests.faults.rig import Victims, picture_in
from tests.faults.stages import Stages

pytestmark = pytest.mark.xdist_group("victims-b")

IN_THE_MIDDLE = "rename data/lake/events/received_date=2026-03-01/<batch>-a0.parquet"


def together(stages: Stages, breaks: str | None = None) -> Figures:
    """One process reads batch 2 and stops in the middle; two others want to read batch 3, one at once, one patiently."""
    figures, victims = Figures("two writers"), stages.victims
    folder = victims.restore(stages.standing)
    order = Order(folder, breaks=breaks)
    with figures.timed():
        first = victims.start(replace(order, batches=(2,), pause_at=IN_THE_MIDDLE, report="first.json"))
        wait_for(Path(folder, "paused"))
        refused = victims.run(replace(order, batches=(3,), report="refused.json"))
        patient = victims.start(replace(order, batches=(3,), wait_seconds=60, report="patient.json"))
        Path(folder, "go").touch()
        figures.points = 2
        figures.tear("writers", [f"exit code {code}" for code in map(victims.wait, (first, patient)) if code])
        look_at_both(figures, stages, folder, refused, f"process {first} is writing")
    return figures


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} does not come"
        time.sleep(0.01)


def look_at_both(figures: Figures, stages: Stages, folder: str, refused: dict, message: str) -> None:
    if "Busy" not in refused.get("error", "") or message not in refused["error"]:
        figures.tear("the impatient one", [f"said {refused.get('error')}, not '{message}'"])
    errors = [
        each["error"] for name in ("first", "patient") if "error" in (each := Victims.report(folder, f"{name}.json"))
    ]
    figures.tear("writers", errors)
    figures.acknowledged = len(Path(folder, "acknowledged").read_text().split())
    found = picture_in(stages.victims.run(Order(folder, refresh=True, look=("log", "tables"))))
    figures.compare("afterwards", replace(stages.expected("everything"), published={}), found)


def test_of_two_writers_one_waits(stages, report):
    report(together(stages))


def test_writers_without_a_lock_are_noticed(stages):
    figures = together(stages, breaks="lock_nothing")
    assert_noticed(figures)
