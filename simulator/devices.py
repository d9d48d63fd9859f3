"""Devices: the anonymous id that a browser keeps, its user agent, and a clock that is seldom quite right."""

from dataclasses import dataclass, field

from simulator.days import HOUR, MINUTE
from simulator.dice import Dice, Weighted

MILLISECOND = 1000
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_AGENTS = {
    "desktop": (
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/142.0.0.0 Safari/537.36",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_SAFARI} Version/26.0 Safari/605.1.15",
        "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    ),
    "mobile": (
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {_SAFARI} Mobile/15E148",
        f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36",
    ),
    "tablet": (f"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) {_SAFARI} Mobile/15E148",),
    "bot": (
        "Mozilla/5.0 (compatible; ExampleBot/2.1; +https://example.com/bot)",
        "example-uptime-bot/1.4 (+https://example.com/monitor)",
    ),
}
KINDS = Weighted({"desktop": 70, "mobile": 24, "tablet": 6})
# A browser that blocks storage sends a placeholder, which identifies nobody.
PLACEHOLDERS = ("undefined", "null", "[object Object]")
_CLOCKS = Weighted({"right": 92, "minutes": 6, "hours": 2})
_OFFSETS = Weighted({0: 95, 120: 2, -300: 2, 330: 1})


@dataclass(slots=True)
class Device:
    """`clock_error`: how far its clock is ahead of the collector's, in microseconds, whole milliseconds."""

    anonymous: str
    kind: str
    user_agent: str
    clock_error: int
    offset_minutes: int  # the offset it writes its timestamps in; 0 is Z
    contexts: dict[tuple[str, str | None], dict[str, object]] = field(default_factory=dict)


def make_device(dice: Dice, kind: str | None = None) -> Device:
    kind = kind or dice.draw(KINDS)
    anonymous = dice.identifier("a-")
    return Device(anonymous, kind, dice.pick(_AGENTS[kind]), _clock_error(dice), dice.draw(_OFFSETS))


def make_private(dice: Dice) -> Device:
    """A device whose browser keeps no id: everything it sends belongs to nobody."""
    device = make_device(dice)
    device.anonymous = dice.pick(PLACEHOLDERS)
    return device


def is_identity(anonymous: str) -> bool:
    return anonymous not in PLACEHOLDERS


def _clock_error(dice: Dice) -> int:
    """Below 24 h, so that the raw time alone never makes a record one of the future."""
    how = dice.draw(_CLOCKS)
    if how == "right":
        return dice.between(-400, 250) * MILLISECOND
    low, high = (2 * MINUTE, 50 * MINUTE) if how == "minutes" else (HOUR, 18 * HOUR)
    size = dice.between(low // MILLISECOND, high // MILLISECOND) * MILLISECOND
    return size if dice.chance(0.5) else -size
