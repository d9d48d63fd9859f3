"""The other side of the victims: starts them, kills them, has them carry out orders to the end."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Protocol

from pipelines.settings import Settings
from tests.faults.picture import Picture


class Order(Protocol):
    """What a victim obeys, a dataclass: where, and in which file of that folder its report is found."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    folder: str
    report: str


class Victims:
    """The server of victims, one for all rigs of a test process. program: the module that serves them.

    preloaded: a library between the victims and the system's calls.
    """

    def __init__(self, folder: Path, preloaded: Path | None = None, program: str = "tests.faults.victim") -> None:
        self._folder, self.place, self._kept = folder, folder / "place", 0
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", program]
        environment = os.environ | ({"LD_PRELOAD": str(preloaded)} if preloaded else {})
        with (folder / "victims.log").open("wb") as log:
            self._server = subprocess.Popen(
                command,
                cwd=Settings().home,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._answer() == "ready", (folder / "victims.log").read_text()

    def _answer(self) -> str:
        assert self._server.stdout is not None
        return self._server.stdout.readline().strip()

    def _say(self, message: dict) -> int:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(message) + "\n")
        self._server.stdin.flush()
        return json.loads(self._answer())

    def start(self, order: Order) -> int:
        """Returns the process id."""
        return self._say(asdict(order))

    def wait(self, process: int) -> int:
        """Returns the exit code, or minus the signal."""
        return self._say({"wait": process})

    def run(self, order: Order) -> dict:
        """The report of an order that is carried out to the end. Errors: AssertionError with what the victim said."""
        code = self.wait(self.start(order))
        assert code == 0, f"{order}: exit code {code}, see {self._folder / 'victims.log'}"
        return self.report(order.folder, order.report)

    @staticmethod
    def report(folder: str, name: str) -> dict:
        return json.loads(Path(folder, name).read_bytes())

    def kill(self, order: Order, after_seconds: float | None = None) -> bool:
        """Runs an order that dies at a step or is killed after a time; False if it was done before."""
        process = self.start(order)
        if after_seconds is not None:
            time.sleep(after_seconds)
            os.kill(process, signal.SIGKILL)
        code = self.wait(process)
        assert code in (0, -signal.SIGKILL), f"{order}: exit code {code}, see {self._folder / 'victims.log'}"
        return code != 0

    def restore(self, start: Path | None) -> str:
        """Makes the place as `start` stands, or empty. It is always one path, because what is published knows its own."""
        shutil.rmtree(self.place, ignore_errors=True)
        if start is None:
            self.place.mkdir()
        else:
            shutil.copytree(start, self.place)
        return str(self.place)

    def keep(self) -> Path:
        """A copy of the place as it stands."""
        self._kept += 1
        return Path(shutil.copytree(self.place, self._folder / f"kept-{self._kept}"))

    def stop(self) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait(timeout=30)


def picture_in(report: dict) -> Picture:
    return Picture(**{name: report[name] for name in Picture.__slots__ if name in report})  # type: ignore[attr-defined]


def folder_in_memory() -> Path | None:
    """A folder in memory where there is room: a process that dies takes nothing of it, and there are thousands of syncs."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or shutil.disk_usage(memory).free < 1 << 30:
        return None
    return Path(tempfile.mkdtemp(prefix="trailhouse-", dir=memory))
