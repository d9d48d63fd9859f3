"""A push in a process of its own, which dies at a step: before a call that changes something, or right after it."""

import os
import signal
from typing import Any

from pydantic import SecretStr

from pipelines.grafana.push import Options, push
from pipelines.grafana.push.api import Grafana
from pipelines.grafana.push.wanted import Wanted
from tests.faults.breaks import put
from tests.grafana.server import TOKEN


def push_until(url: str, wanted: Wanted, die_at: int) -> None:
    """die_at: a step, from 1; two to a call."""
    steps, call = 0, Grafana.call

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(self: Grafana, method: str, *words: Any, **named: Any) -> Any:
        if method == "GET":
            return call(self, method, *words, **named)
        step()
        try:
            return call(self, method, *words, **named)
        finally:
            step()

    put(Grafana, "call", counted)
    with Grafana(url, SecretStr(TOKEN)) as grafana:
        push(grafana, wanted, Options(retry_seconds=0.01))
