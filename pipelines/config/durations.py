"""Durations as people write them: 90s, 30m, 24h, 14d. A day is 24 hours, whatever the clocks do."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

MICROSECONDS = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
LONGEST_DAYS = 3_660
_WRITTEN = re.compile(r"^([1-9][0-9]{0,9})([smhd])$")


def parse_duration(value: Any) -> int:
    """'30m' -> microseconds. Errors: ValueError with what would be right."""
    found = _WRITTEN.match(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is no duration; write a whole number and a unit, such as 90s, 30m, 24h or 14d")
    microseconds = int(found[1]) * MICROSECONDS[found[2]]
    if microseconds > LONGEST_DAYS * MICROSECONDS["d"]:
        raise ValueError(f"{value!r} is longer than {LONGEST_DAYS}d")
    return microseconds


Duration = Annotated[int, BeforeValidator(parse_duration)]
