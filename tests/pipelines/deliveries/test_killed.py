"""A run into the outbox is killed at every commit, write and rename: the next one ends it, as if nothing had happened."""

import json
import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from pipelines import lake
from pipelines.deliveries import Outbox, deliver, outbox
from pipelines.deliveries.deliver import _Run
from pipelines.ledger import Ledger
from pipelines.ledger.deliveries import Deliveries
from tests.faults.breaks import put
from tests.faults.figures import Figures, assert_noticed
from tests.pipelines.deliveries.threads import thread


def send(folder: Path) -> None:
    with closing(Ledger(f"sqlite:///{folder}/ledger.sqlite")) as ledger:
        deliver(ledger, Outbox(folder / "outbox"), thread("ann"))


def killed(folder: Path, at: int) -> bool:
    """Whether a fork that sends came to its step `at`, and died there."""
    process = os.fork()
    if process == 0:
        try:
            _count(at)
            send(folder)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL


def _count(at: int) -> None:
    steps = iter(range(1, at + 1))
    for where, name in ((Ledger, "change"), (outbox, "write_durably"), (lake, "replace_durably")):
        own = getattr(where, name)

        def counted(*words, own=own):
            if next(steps) == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return own(*words)

        put(where, name, counted)


def seen(folder: Path) -> dict[str, str]:
    """File -> what it says, but for the markers, which are random."""
    found = {path: path.read_text() for path in (folder / "outbox").rglob("*") if path.is_file()}
    shown = {
        path: json.loads(text) | {"marker": ""} if path.suffix == ".json" else text for path, text in found.items()
    }
    return {path.relative_to(folder).as_posix(): str(shown[path]) for path in found}


def look(figures: Figures, expected: dict[str, str], folder: Path) -> None:
    """After the next run."""
    found, where = seen(folder), f"killed at step {figures.points}"
    figures.lost += len(expected.keys() - found.keys())
    figures.spurious += len(found.keys() - expected.keys())
    figures.tear(where, [f"{name} differs" for name in expected.keys() & found.keys() if found[name] != expected[name]])
    with closing(Ledger(f"sqlite:///{folder}/ledger.sqlite")) as ledger:
        units = Deliveries(ledger).chosen()
    figures.acknowledged += sum(unit.state == "sent" for unit in units)
    figures.tear(where, [f"{unit.unit} is {unit.state}" for unit in units if unit.state != "sent"])


def kill_at_every_step(figures: Figures, folder: Path) -> None:
    with figures.timed():
        send(folder / "undisturbed")
        while killed(place := folder / str(figures.points + 1), figures.points + 1):
            figures.points += 1
            send(place)
            look(figures, seen(folder / "undisturbed"), place)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_killed_at_every_step_the_next_run_ends_as_if_nothing_had_been(tmp_path, record_property):
    figures = Figures("send into the outbox, killed at every step")
    kill_at_every_step(figures, tmp_path)
    record_property("figures", figures.line())
    assert figures.points > 15 and not figures.harm, figures.what


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_ledger_that_says_sent_too_early_is_noticed(tmp_path, monkeypatch):
    move = _Run._move

    def early(self: _Run, unit, **changes) -> None:
        move(self, unit, **(changes | ({"state": "sent"} if changes.get("state") == "sending" else {})))

    monkeypatch.setattr(_Run, "_move", early)
    figures = Figures("control say sent too early")
    kill_at_every_step(figures, tmp_path)
    assert_noticed(figures)
