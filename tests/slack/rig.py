"""One point of the rig: Slack misbehaves, a run is killed at a step, the next ones end it, and all that arrived is counted."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace

from pipelines.ledger import Ledger
from pipelines.ledger.deliveries import Deliveries
from tests.faults.figures import Figures
from tests.faults.rig import Victims
from tests.pipelines.deliveries.threads import about, parent
from tests.slack.fake import Fault
from tests.slack.program import Program
from tests.slack.victim import Order

READ_AS = {"summary": parent().text, "summary/daily.pdf": "Daily report"}
READ_AS |= {about(user).key: about(user).text for user in ("ann", "bob")}  # unit -> what people read of it
RUNS = 3  # that may be needed to end what a killed one began


class Sends:
    """Kills runs of one report while Slack does `faults`."""

    def __init__(self, program: Program, victims: Victims, faults: Sequence[Fault], **changes) -> None:
        self._program, self._victims, self._faults = program, victims, faults
        self._order = Order(str(victims.place), program.url, **changes)

    def labels(self) -> list[str]:
        """The steps of a run that nobody kills."""
        self._begin()
        return self._victims.run(self._order)["labels"]

    def at_steps(self, figures: Figures, steps: Iterable[int]) -> None:
        """A step that did not come this time is no point: how often a run looks again depends on the clock."""
        with figures.timed():
            for step in steps:
                self._begin()
                if self._victims.kill(replace(self._order, die_at=step)):
                    self._look(figures, f"{self._faults} and killed at step {step}")

    def after(self, figures: Figures, seconds: Iterable[float]) -> None:
        """Killed in the middle of whatever it does then."""
        with figures.timed():
            for each in seconds:
                self._begin()
                assert self._victims.kill(self._order, each), "the victim was done before"
                self._look(figures, f"{self._faults} and killed after {each} s")

    def undisturbed(self, figures: Figures) -> None:
        """Slack's faults alone do the harm, if any."""
        with figures.timed():
            self._begin()
            self._victims.run(self._order)
            self._look(figures, f"{self._faults}")

    def _begin(self) -> None:
        self._victims.restore(None)
        self._program.control(*self._faults, reset=True)

    def _look(self, figures: Figures, where: str) -> None:
        figures.points += 1
        acknowledged = self._acknowledged()
        figures.acknowledged += len(acknowledged)
        self._compare(figures, f"{where}, before the next run", acknowledged, self._program.arrived())
        self._run_to_the_end(figures, where)
        self._program.wait_for_what_is_late()
        arrived, calls = self._program.arrived(), self._program.control()["calls"]
        self._compare(figures, where, list(READ_AS.values()), arrived)
        if self._victims.run(self._order)["sent_now"] or self._program.control()["calls"] != calls:
            figures.duplicated += 1
            figures.what.append(f"{where}: a run after the end called Slack")

    def _run_to_the_end(self, figures: Figures, where: str) -> None:
        said = []
        for _ in range(RUNS):
            report = self._victims.run(self._order)
            if report["counts"] == {"sent": len(READ_AS)}:
                return
            said += [f"{report['counts']}, {report['problems']}"]
        figures.tear(where, [f"not at its end after {RUNS} runs: {said}"])

    def _acknowledged(self) -> list[str]:
        """What the ledger says was sent."""
        with closing(Ledger(f"sqlite:///{self._order.folder}/data/ledger.sqlite")) as ledger:
            return [READ_AS[row.unit] for row in Deliveries(ledger).chosen(state="sent")]

    def _compare(self, figures: Figures, where: str, wanted: list[str], arrived: Counter[str]) -> None:
        lost = [each for each in wanted if not arrived[each]]
        duplicated = {each: count - 1 for each, count in arrived.items() if count > 1}
        spurious = set(arrived) - set(READ_AS.values())
        figures.lost += len(lost)
        figures.duplicated += sum(duplicated.values())
        figures.spurious += len(spurious)
        figures.what += [f"{where}: lost {lost}, duplicated {duplicated}"] if lost or duplicated or spurious else []
