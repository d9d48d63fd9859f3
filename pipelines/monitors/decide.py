"""What is said of a group of instances, by what was last said of it and what fires now. Pure, and all there is to decide."""

from collections.abc import Set
from dataclasses import dataclass
from typing import Literal

FIRST, UPDATE, REPEAT, RESOLVE, NOTHING = "first", "update", "repeat", "resolve", "nothing"
Decision = Literal["first", "update", "repeat", "resolve", "nothing"]


@dataclass(frozen=True, slots=True)
class Said:
    """The last that was said of a group: what fired then, and when (µs UTC)."""

    kind: str
    at: int
    firing: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        return self.kind != RESOLVE


def decide(
    now: int,
    last: Said | None,
    firing: Set[str],
    muted: Set[str] = frozenset(),
    repeat: int | None = None,
    acknowledged: bool = False,
) -> Decision:
    """muted: of what fires, that of which nothing new is said. What was told is resolved in any case, once it is over.

    repeat: µs after which what still fires is said again, unless somebody acknowledged it.
    """
    heard = firing - muted
    if last is None or not last.is_open:
        return FIRST if heard else NOTHING
    if not firing:
        return RESOLVE
    if not heard:
        return NOTHING
    if shown(last, firing, muted) != last.firing:
        return UPDATE
    is_due = repeat is not None and now - last.at >= repeat
    return REPEAT if is_due and not acknowledged else NOTHING


def shown(last: Said | None, firing: Set[str], muted: Set[str]) -> frozenset[str]:
    """What a message names: what fires, but of the muted ones only those that were named before."""
    told_before = last.firing if last is not None and last.is_open else frozenset()
    return frozenset(firing - muted) | frozenset(firing & muted & told_before)
