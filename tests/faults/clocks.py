"""Clocks that jump, in place of the only one that is read (pipelines.moments.now)."""

import random
import sys
from collections.abc import Callable, Iterator
from itertools import count

from pipelines import moments
from tests.faults.place import AS_OF

MINUTE_US, DAY_US = 60_000_000, 86_400_000_000
YEAR_US = 365 * DAY_US
BEFORE = 3  # looks at the clock before its first jump: the second batch is under way

CLOCKS = ("back a day", "forward a year", "jumps at every look")


def use_clock(name: str, seed: int) -> None:
    """From here on this process reads that clock, a minute later at every look."""
    jumps = _jumps(name, random.Random(seed))
    looks = count()

    def now() -> int:
        return AS_OF + next(looks) * MINUTE_US + next(jumps)

    readers = [each for each in sys.modules.values() if getattr(each, "now", None) is moments.now]
    assert len(readers) > 3, f"only {readers} read the clock"
    for reader in readers:
        vars(reader)["now"] = now


def _jumps(name: str, dice: random.Random) -> Iterator[int]:
    """How far from the steady clock it is, look by look."""
    ahead: dict[str, Callable[[], int]] = {
        "steady": lambda: 0,
        "back a day": lambda: -DAY_US,
        "forward a year": lambda: YEAR_US,
        "jumps at every look": lambda: dice.randint(-DAY_US, YEAR_US),
    }
    for look in count():
        yield ahead[name]() if look >= BEFORE else 0
