"""Local days of a zone and the shape of their hours. Times are int microseconds since 1970 in UTC.

A day is cut into real hours: one with a DST change has 23 or 25, and the doubled hour is used twice.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from simulator.dice import Dice, Weighted
from simulator.errors import SimulationError

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Weight of each local hour, from midnight on.
OFFICE = (2, 1, 1, 1, 1, 2, 6, 18, 48, 80, 95, 92, 70, 82, 96, 92, 80, 60, 38, 28, 24, 20, 12, 6)
HOBBY = (10, 5, 3, 2, 1, 1, 2, 6, 12, 18, 22, 24, 26, 26, 28, 30, 34, 42, 58, 78, 92, 90, 62, 28)
FLAT = (1,) * 24
SHAPES = {"office": OFFICE, "hobby": HOBBY, "flat": FLAT}
# Share of a usual weekday, in percent, Monday to Sunday.
WEEK = (100, 104, 105, 100, 88, 36, 34)


def micros(moment: datetime) -> int:
    """Exact microseconds since 1970 of an aware datetime."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(at: int) -> datetime:
    """The aware datetime, in UTC, of microseconds since 1970."""
    return _EPOCH + at * _MICROSECOND


@dataclass(frozen=True, slots=True)
class LocalDay:
    """One local date: where it starts and ends, and its hours to draw from by shape."""

    date: date
    starts_at: int
    ends_at: int
    hours: dict[str, Weighted[int]]

    @property
    def is_weekend(self) -> bool:
        return self.date.weekday() >= 5


class Calendar:
    """The simulated local dates, in order. Errors: SimulationError for a zone or span that does not exist."""

    def __init__(self, until: date, days: int, timezone: str) -> None:
        if days < 1:
            raise SimulationError(f"days={days}: a simulation has at least one day; give 1 or more")
        zone = zone_of(timezone)
        dates = [until - timedelta(days=days - 1 - number) for number in range(days)]
        self.days = [_local_day(each, zone) for each in dates]
        self.starts_at, self.ends_at = self.days[0].starts_at, self.days[-1].ends_at
        # A platform that grows: the last day brings a bit more than twice as many new people as the first.
        weights = [(60 + 80 * n // days) * WEEK[each.date.weekday()] for n, each in enumerate(self.days)]
        self.arrivals = Weighted(list(enumerate(weights)))

    def moment(self, dice: Dice, number: int, shape: str) -> int:
        """A time within day `number`, on a whole millisecond, by the shape's hours."""
        day = self.days[number]
        at = dice.draw(day.hours[shape]) + int(dice.random() * 3_600_000) * 1000
        return min(at, day.ends_at - 1000)

    def number_of(self, at: int) -> int:
        """The number of the day that holds the time; the first or last day when it lies outside."""
        guess = min(max((at - self.starts_at) // DAY, 0), len(self.days) - 1)
        while guess + 1 < len(self.days) and self.days[guess].ends_at <= at:
            guess += 1
        while guess and self.days[guess].starts_at > at:
            guess -= 1
        return guess


def zone_of(timezone: str) -> ZoneInfo:
    """The zone of that name. Errors: SimulationError when there is none."""
    try:
        return ZoneInfo(timezone)
    except (KeyError, OSError, ValueError) as error:
        hint = "use a name such as Europe/Berlin"
        raise SimulationError(f"timezone='{timezone}': no such zone ({error}); {hint}") from error


def _local_day(each: date, zone: ZoneInfo) -> LocalDay:
    start = datetime(each.year, each.month, each.day, tzinfo=zone)
    after = each + timedelta(days=1)
    starts_at = micros(start)
    ends_at = micros(datetime(after.year, after.month, after.day, tzinfo=zone))
    hours = list(range(starts_at, ends_at, HOUR))
    clock = [datetime.fromtimestamp(at // SECOND, zone).hour for at in hours]
    pairs = list(zip(hours, clock, strict=True))
    shaped = {name: Weighted([(at, shape[hour]) for at, hour in pairs]) for name, shape in SHAPES.items()}
    return LocalDay(each, starts_at, ends_at, shaped)
