"""One writer: a kernel lock on a file, which dies with its holder."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import TrailhouseError
from pipelines.writable import can_write


class Busy(TrailhouseError):
    """Another process writes. The message names it; wait, or try again later."""


@contextmanager
def writer_lock(path: Path, wait_seconds: float = 0) -> Iterator[None]:
    """Holds the only right to write to lake, ledger and warehouse. Errors: Busy after `wait_seconds`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        _acquire(file, path, time.monotonic() + wait_seconds)
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield


@contextmanager
def no_writer(path: Path, wait_seconds: float = 0) -> Iterator[None]:
    """Keeps writers out without being one: also where we cannot write, and a backup may have no such file. Errors: Busy."""
    if can_write(path.parent):
        with writer_lock(path, wait_seconds):
            yield
    elif path.exists():
        with path.open() as file:
            _acquire(file, path, time.monotonic() + wait_seconds)
            yield
    else:
        yield


def _acquire(file, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                file.seek(0)
                holder = file.read() or "another process"
                raise Busy(f"{path}: {holder} is writing; wait until it is done, or stop it") from None
            time.sleep(0.1)
