"""The real `dg dev` on a folder of its own: started like a person starts it, asked by GraphQL, ended by SIGTERM."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.dagster_house import PROJECT, instance_folder

T = TypeVar("T")

# what a person waits for in minutes a test waits for in seconds
SHORTER = {"poll_interval_seconds": 1, "free_slots_after_run_end_seconds": 1}
HASTY = {"TRAILHOUSE_WATCH_SECONDS": "3"}


class DagsterDev:
    """`folder` gets home/ (Dagster's history), data/ and inbox/. Use it as a context manager.

    environment: what is set beside these. shorter: numbers in dagster.yaml.
    """

    def __init__(
        self, folder: Path, environment: Mapping[str, str] = HASTY, shorter: Mapping[str, int] = SHORTER
    ) -> None:
        self.folder, self._more = folder, environment
        self.home, self.data, self.log = folder / "home", folder / "data", folder / "dg-dev.log"
        instance_folder(self.home, **shorter)
        self.port = _free_port()

    def __enter__(self) -> "DagsterDev":
        dg = Path(sys.executable).with_name("dg")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [dg, "dev", "--host", "127.0.0.1", "--port", str(self.port)],
                cwd=PROJECT,
                env=self._environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def _environment(self) -> dict[str, str]:
        mine = {name: value for name, value in os.environ.items() if not name.startswith(("TRAILHOUSE_", "DAGSTER_"))}
        return mine | {
            "DAGSTER_HOME": str(self.home),
            "TRAILHOUSE_DATA": str(self.data),
            "TRAILHOUSE_INBOX": str(self.folder),
            **self._more,
        }

    def __exit__(self, *_exception: object) -> None:
        """Never leaves a process behind, whatever happened."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def end(self, seconds: float = 40) -> None:
        """As Ctrl-C does. Errors: TimeoutExpired."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(seconds)

    def wait_until_gone(self, seconds: float) -> None:
        """Errors: AssertionError while a process of its session lives."""
        deadline = time.monotonic() + seconds
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.25)
        assert not self.processes(), f"left behind after {seconds} s: {self.processes()}"

    def processes(self) -> list[int]:
        """Ids of the living processes of its session."""
        return [pid for pid in _all_pids() if _is_of_session(pid, self.process.pid)]

    def ask(self, query: str, **variables: Any) -> Any:
        """The `data` of a GraphQL answer. Errors: AssertionError with what Dagster said."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}/graphql", json={"query": query, "variables": variables}, timeout=30
        )
        body = answer.json()
        assert "errors" not in body, body["errors"]
        return body["data"]

    def wait(self, what: str, look: Callable[[], T | None], seconds: float = 60) -> T:
        """The first true answer of `look`. Errors: AssertionError with the end of the log."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                found = look()
            except httpx.TransportError:
                found = None
            if found:
                return found
            assert self.process.poll() is None, f"dg dev ended before {what}\n{self.tail()}"
            time.sleep(0.25)
        raise AssertionError(f"no {what} in {seconds} s\n{self.tail()}")

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-60:])


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _all_pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _is_of_session(pid: int, session: int) -> bool:
    try:
        return os.getsid(pid) == session and "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False
