"""The n-th system call that writes fails, whoever makes it: Python, Arrow, SQLite or DuckDB. See failing_calls.c."""

import ctypes
import subprocess
from pathlib import Path

from tests.faults.steps import NAMES

SOURCE = Path(__file__).with_name("failing_calls.c")
LIST = "calls"  # in the victim's folder


def compiled(folder: Path) -> Path:
    """The library that a process must be started with (LD_PRELOAD)."""
    library = folder / "failing_calls.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE], check=True)
    return library


def watch_calls(folder: Path, fail_at: int, error: int) -> None:
    """From here on the calls of this process below `folder`/data count; number `fail_at` fails, 0 for none."""
    ctypes.CDLL(None).watch_calls(bytes(folder / "data"), bytes(folder / LIST), fail_at, error)


def calls_in(folder: Path) -> list[str]:
    """What the last victim called, in order: the name of the call, and its file."""
    return [NAMES.sub("<batch>", line) for line in (folder / LIST).read_text().splitlines()]
