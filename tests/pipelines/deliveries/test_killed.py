"""A run into the outbox is killed at every commit, rename and page: the next one ends it, as if nothing had happened."""

import json
import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.deliveries import Outbox, deliver, outbox
from pipelines.ledger import Ledger
from pipelines.ledger.deliveries import Deliveries
from tests.faults.breaks import put
from tests.pipelines.deliveries.threads import thread


def send(folder: Path) -> None:
    with closing(Ledger(f"sqlite:///{folder}/ledger.sqlite")) as ledger:
        deliver(ledger, Outbox(folder / "outbox"), thread("ann"))


def killed(folder: Path, at: int) -> bool:
    """Whether a fork that sends came to its step `at`, and died there."""
    process = os.fork()
    if process == 0:
        _count(at)
        try:
            send(folder)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL


def _count(at: int) -> None:
    steps = iter(range(1, at + 1))
    for where, name in ((Ledger, "change"), (outbox, "replace_durably"), (outbox, "sync_folder")):
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


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_killed_at_every_step_the_next_run_ends_as_if_nothing_had_been(tmp_path, record_property):
    send(tmp_path / "undisturbed")
    expected, points = seen(tmp_path / "undisturbed"), 0
    while killed(folder := tmp_path / str(points + 1), points + 1):
        points += 1
        send(folder)
        with closing(Ledger(f"sqlite:///{folder}/ledger.sqlite")) as ledger:
            assert {row.state for row in Deliveries(ledger).chosen()} == {"sent"}
        assert seen(folder) == expected, f"killed at step {points}"
    record_property(
        "figures", f"send into the outbox, killed at every step: points {points}, lost 0, duplicated 0, torn 0"
    )
    assert points > 15
