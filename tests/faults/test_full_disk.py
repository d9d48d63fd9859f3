"""The disk is really full, at a moment that nobody chose: the run says so, and goes through once there is room again."""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.figures import Figures, assert_noticed
from tests.faults.kills import Kills
from tests.faults.mounts import small_disk
from tests.faults.stages import ORDERS, Name
from tests.needs import needs_mounting

pytestmark = [pytest.mark.xdist_group("victims-b"), needs_mounting]

STAGES: list[Name] = ["first ingest", "next ingest", "refresh", "publish"]
DISK, PAGE, POINTS = 32 << 20, 4096, 2  # bytes, bytes, points of a stage; `make soak` takes more


class FullDisks(Kills):
    """data/ is a disk of its own, and all of it but a few pages is taken by somebody else."""

    def at_random_room(self, figures: Figures, count: int) -> None:
        """`figures.seed` decides how much room there is. A run for which it was enough is no point."""
        self._order = replace(self._order, real_disk=True)
        dice, enough = random.Random(figures.seed), self._bytes_written()
        with figures.timed():
            while figures.points < count and not (self._breaks and figures.harm):
                least = enough // 4 * 3 if figures.points % 2 else 0  # with less the ledger does not even open
                room = dice.randrange(least // PAGE, enough // PAGE + 1) * PAGE
                if self._has_room(figures, room):
                    enough = max(room - PAGE, PAGE)

    def _bytes_written(self) -> int:
        """About: what is written and removed again is not in it."""
        with self._on_a_small_disk() as data:
            before = shutil.disk_usage(data).used
            self._victims.run(replace(self._order, folder=str(data.parent), look=()))
            return max(shutil.disk_usage(data).used - before, PAGE) + 8 * PAGE

    @contextmanager
    def _on_a_small_disk(self) -> Iterator[Path]:
        data = Path(self._victims.restore(self._start)) / "data"
        data.mkdir(exist_ok=True)
        with small_disk(data, DISK):
            if self._start is not None:
                shutil.copytree(self._start / "data", data, dirs_exist_ok=True)
            yield data

    def _has_room(self, figures: Figures, room: int) -> bool:
        """Whether the run came to its end; else it is a point."""
        where = f"{room} bytes of room"
        with self._on_a_small_disk() as data:
            ballast = data / "somebody-elses"
            ballast.write_bytes(bytes(shutil.disk_usage(data).free - room))
            report = self._victims.run(replace(self._order, folder=str(data.parent), look=()))
            ballast.unlink()
            if "error" not in report and not self._breaks:
                return True
            figures.points += 1
            if not self._is_told(report):
                figures.tear(where, [f"the run said: {report.get('error', 'nothing')}"])
            self._look_after_the_kill(figures, where, data.parent)
            self._run_to_the_end(figures, where, replace(self._order, folder=str(data.parent)))
        return False


def full_disks(stages, stage: Name, figures: Figures, points: int = POINTS, breaks: str | None = None) -> None:
    FullDisks(stages, stage, breaks, order=ORDERS[stage]).at_random_room(figures, points)


@pytest.mark.parametrize("stage", STAGES)
def test_a_full_disk_costs_nothing_but_the_run(stages, report, stage):
    figures = Figures(f"full disk in {stage}", seed=20261128)
    full_disks(stages, stage, figures)
    report(figures)


def test_segments_that_did_not_fit_are_noticed(stages):
    figures = Figures("control acknowledge_what_was_not_written", seed=20261128)
    full_disks(stages, "next ingest", figures, points=4, breaks="acknowledge_what_was_not_written")
    assert_noticed(figures)
