"""One point of a rig: a victim is killed, what a reader and the ledger then have is looked at, and another runs to the end.

Or a write of it fails, and it must say so.
"""

import errno
import os
import random
from collections import defaultdict
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from pipelines.ledger import Ledger
from tests.faults.deeds import Order
from tests.faults.figures import Figures
from tests.faults.picture import picture_of_log, pictures_of_published
from tests.faults.rig import picture_in
from tests.faults.stages import ORDERS, Name, Stages
from tests.houses import settings_in


class Kills:
    """Kills victims of one stage. `breaks`: the name of a negative control; then a point that shows harm is the last."""

    def __init__(
        self,
        stages: Stages,
        stage: Name,
        breaks: str | None = None,
        cut_power: bool = False,
        order: Order | None = None,
    ) -> None:
        self._victims, self._breaks = stages.victims, breaks
        self._order = replace(order or ORDERS[stage], breaks=breaks, cut_power=cut_power)
        self._start, self._expected = stages.start(stage), stages.expected(stage)
        self._public = list(self._expected.published)
        self._before = pictures_of_published(settings_in(Path(self._victims.restore(self._start))), self._public)

    def at_steps(self, figures: Figures, only: str = "", every_statement: bool = False, share: float = 1) -> None:
        """At every step, or one of every kind and a share of the others; of these, those whose label begins with `only`."""
        self._order = replace(self._order, every_statement=every_statement)
        with figures.timed():
            labels = self._uninterrupted()["labels"]
            for step in of_every_kind(labels, share, random.Random(figures.seed)):
                label = labels[step - 1]
                where = f"step {step} of {len(labels)}, {label}"
                if label.startswith(only) and not self._point(figures, where, die_at=step):
                    figures.tear(where, ["the victim did not come to this step"])
                if self._breaks and figures.harm:
                    return

    def at_failing_writes(self, figures: Figures, only: str = "", share: float = 0) -> None:
        """A write of every kind fails, and a share of all others: once, or with all that follow. `figures.seed` decides which."""
        dice = random.Random(figures.seed)
        with figures.timed():
            labels = self._uninterrupted()["labels"]
            for step in of_every_kind(labels, share, dice):
                error = dice.choice([errno.ENOSPC, errno.EIO])
                where = f"{errno.errorcode[error]} at step {step} of {len(labels)}, {labels[step - 1]}"
                if labels[step - 1].startswith(only):
                    self._failing_point(figures, where, step, error)
                if self._breaks and figures.harm:
                    return

    def _failing_point(self, figures: Figures, where: str, step: int, error: int) -> None:
        folder = Path(self._victims.restore(self._start))
        order = replace(self._order, folder=str(folder))
        self._look_after_the_failure(figures, where, order, replace(order, fail_at=step, fail_with=error, look=()))

    def _look_after_the_failure(self, figures: Figures, where: str, order: Order, failing: Order) -> None:
        report = self._victims.run(failing)
        figures.points += 1
        if not self._is_told(report):
            figures.tear(where, [f"the run said: {report.get('error', 'nothing')}"])
        self._look_after_the_kill(figures, where, Path(order.folder))
        self._run_to_the_end(figures, where, order)

    def _is_told(self, report: dict) -> bool:
        """Only the index of known ids may be lost in silence; it is a cache. DuckDB's commit has an error class of its own."""
        said = report.get("error", "OSError" if self._has_cache else "")
        return said.startswith(("OSError", "IOException")) or os.strerror(errno.ENOSPC) in said

    @property
    def _has_cache(self) -> bool:
        return bool(self._order.batches) or self._order.replay

    def at_random_times(self, figures: Figures, count: int) -> None:
        """`figures.seed` decides when. A victim that had ended by then tells how long they live, and is no point."""
        with figures.timed():
            started = perf_counter()
            self._uninterrupted()
            longest, dice = perf_counter() - started, random.Random(figures.seed)
            while figures.points < count:
                after = dice.uniform(0, longest)
                if not self._point(figures, f"after {after:.3f} s", after_seconds=after):
                    longest = after

    def _uninterrupted(self) -> dict:
        """The report. Of a control that fails even so it says the error, and no step."""
        report = self._victims.run(replace(self._order, folder=self._victims.restore(self._start), look=()))
        return {"labels": [], "calls": 0} | report

    def _point(
        self, figures: Figures, where: str, die_at: int | None = None, after_seconds: float | None = None
    ) -> bool:
        """Whether the victim was killed."""
        folder = Path(self._victims.restore(self._start))
        order = replace(self._order, folder=str(folder), die_at=die_at, look=())
        if not self._victims.kill(order, after_seconds):
            return False
        figures.points += 1
        self._look_after_the_kill(figures, where, folder)
        self._run_to_the_end(figures, where, replace(self._order, folder=str(folder)))
        return True

    def _look_after_the_kill(self, figures: Figures, where: str, folder: Path) -> None:
        """What was acknowledged is there before anybody mends anything, and every published table is of one generation."""
        if (folder / "acknowledged").exists():
            self._look_for_acknowledged(figures, where, folder)
        for name, seen in pictures_of_published(settings_in(folder), self._public).items():
            if seen not in (self._before[name], self._expected.published[name]):
                figures.tear(where, [f"{name} for readers: {seen:.80}"])

    def _look_for_acknowledged(self, figures: Figures, where: str, folder: Path) -> None:
        settings = settings_in(folder)
        acknowledged = (folder / "acknowledged").read_text().split()
        with closing(Ledger(settings.ledger_address)) as ledger:
            lost = [each for each in acknowledged if ledger.known_file(each) is None]
        figures.acknowledged += len(acknowledged)
        figures.lost += len(lost)
        figures.what += [f"{where}: {each} was acknowledged and is not in the ledger" for each in lost]
        figures.tear(where, [each for each in picture_of_log(settings).torn if each.startswith("segment")])

    def _run_to_the_end(self, figures: Figures, where: str, order: Order) -> None:
        """The next run, undisturbed; also of a control only its rows count, and whether it ends."""
        report = self._victims.run(replace(order, cut_power=False, processes=1))
        if "error" in report:
            figures.tear(where, [report["error"]])
            return
        found = picture_in(report)
        if order.processes > 1:  # a child that outlived its parent may still leave a file; nobody acknowledges it
            found.torn = [each for each in found.torn if not each.startswith("nobody's")]
        figures.compare(where, self._expected, found)


def of_every_kind(labels: list[str], share: float, dice: random.Random) -> list[int]:
    """Numbers of steps, from 1: one of every kind (what is done, and in which folder), and a share of all others."""
    kinds: dict[str, list[int]] = defaultdict(list)
    for step, label in enumerate(labels, 1):
        kinds[_kind(label)].append(step)
    chosen = {dice.choice(steps) for steps in kinds.values()}
    return [step for step in range(1, len(labels) + 1) if step in chosen or dice.random() < share]


def _kind(label: str) -> str:
    return "/".join(" ".join(label.split()[:2]).split("/")[:2])
