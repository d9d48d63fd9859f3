"""A small process that is killed while it sends: `python -m tests.slack.victim` forks one for each line of JSON it reads.

A step is what the world can see: a commit of the ledger, a call of Slack; a victim dies before one, or right after it.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from slack_sdk import WebClient
from slack_sdk.http_retry import default_retry_handlers

from pipelines.deliveries import deliver, slack_files
from pipelines.deliveries.deliver import _Run
from pipelines.deliveries.slack import Slack
from pipelines.ledger import Ledger
from tests.faults.breaks import put
from tests.faults.orders import serve_orders
from tests.pipelines.deliveries.threads import thread
from tests.slack.program import slack_at


@dataclass(slots=True)
class Order:
    """One run of the report about two persons. `die_at`: a step, from 1; `breaks`: the name of a negative control."""

    folder: str
    url: str
    die_at: int | None = None
    breaks: str | None = None
    timeout: int = 10
    settle_seconds: float = 0.3
    report: str = "report.json"


class Steps:
    def __init__(self, die_at: int | None) -> None:
        self.labels, self._die_at = list[str](), die_at

    def around(self, where: object, name: str, label: Callable[..., str]) -> None:
        """Every call of it is two steps: before it, and once it has returned or raised."""
        own = getattr(where, name)

        def counted(*words, **named):
            said = label(*words)
            self._step(f"before {said}")
            try:
                return own(*words, **named)
            finally:
                self._step(f"after {said}")

        put(where, name, counted)

    def _step(self, label: str) -> None:
        self.labels.append(label)
        if len(self.labels) == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)


def obey(order: Order) -> None:
    steps = Steps(order.die_at)
    if order.breaks:
        globals()[order.breaks]()
    steps.around(Ledger, "change", lambda _self, *statements: "commit")
    steps.around(WebClient, "api_call", lambda _self, method: method)
    steps.around(slack_files, "urlopen", lambda _request: "upload")
    with closing(Ledger(f"sqlite:///{order.folder}/data/ledger.sqlite")) as ledger:
        channel = slack_at(order.url, timeout=order.timeout, settle_seconds=order.settle_seconds)
        outcome = deliver(ledger, channel, thread("ann", "bob"))
    Path(order.folder, order.report).write_bytes(json.dumps({"labels": steps.labels} | asdict(outcome)).encode())


def send_before_the_ledger_says_so() -> None:
    """No row before the call: it is written with its result."""
    move = _Run._move

    def broken(self: _Run, unit, **changes) -> None:
        if changes.get("state") != "sending":
            move(self, unit, **changes)

    put(_Run, "_move", broken)


def retry_as_the_sdk_does() -> None:
    """The default handlers post again after a connection that dropped."""
    start = Slack.__init__

    def broken(self: Slack, *words, **named) -> None:
        start(self, *words, **named)
        self._writer.retry_handlers = default_retry_handlers()

    put(Slack, "__init__", broken)


def take_unknown_for_failed() -> None:
    """Nothing is read back: what gave no answer is not there."""
    put(_Run, "_read_back", lambda _self, _unit: None)


def look_once() -> None:
    """What is not there at once is not there: nothing settles."""
    put(_Run, "_read_back", lambda self, unit: self._channel.find(unit))


if __name__ == "__main__":
    assert "dagster" not in sys.modules, "a victim must stay small"
    serve_orders(lambda said: obey(Order(**said)))
