"""The state machine of one instance, a monitor with its labels. Pure: time is given, and nothing is known but the state before.

normal -> pending -> firing -> resolved -> pending … ; what has no data, or cannot be asked, is an instance of its own, which
goes to no_data or error where others go to firing. So of every instance what is told and `resolved` alternate.
"""

from dataclasses import dataclass, replace
from typing import Literal

NORMAL, PENDING, FIRING, RESOLVED, NO_DATA, ERROR = "normal", "pending", "firing", "resolved", "no_data", "error"
TOLD = (FIRING, NO_DATA, ERROR)

Verdict = Literal["bad", "good", "keep"]


@dataclass(frozen=True, slots=True)
class Rules:
    """µs. wait: so long it must be bad before it fires; keep: so long it must be good before it is resolved."""

    wait: int = 0
    keep: int = 0


@dataclass(frozen=True, slots=True)
class Instance:
    """since: when it came into its state; held_at: when it was last bad. µs UTC."""

    state: str = NORMAL
    since: int = 0
    held_at: int = 0

    @property
    def is_told(self) -> bool:
        return self.state in TOLD


def step(
    rules: Rules, before: Instance, verdict: Verdict, now: int, fires_as: str = FIRING, missed: bool = False
) -> Instance:
    """The instance after one look. missed: nobody looked for so long, or the clock went back, that nothing is known of the
    time between: what was pending begins anew.
    """
    if verdict == "keep":
        return before
    if verdict == "bad":
        return replace(_bad(rules, before, now, fires_as, missed), held_at=now)
    return _good(rules, replace(before, held_at=min(before.held_at, now)), now)


def _bad(rules: Rules, before: Instance, now: int, fires_as: str, missed: bool) -> Instance:
    if before.is_told:
        return before
    if rules.wait == 0:
        return Instance(fires_as, now)
    if before.state != PENDING or missed:
        return Instance(PENDING, now)
    return Instance(fires_as, now) if now - before.since >= rules.wait else before


def _good(rules: Rules, before: Instance, now: int) -> Instance:
    if before.is_told and now - before.held_at >= rules.keep:
        return Instance(RESOLVED, now, before.held_at)
    return Instance(NORMAL, now, before.held_at) if before.state == PENDING else before


def reset(before: Instance, now: int) -> Instance:
    """Its monitor was edited, or is gone: what was told is over."""
    if before.is_told:
        return Instance(RESOLVED, now)
    return Instance(NORMAL, now) if before.state == PENDING else before
