"""Lives: on which days a member comes. Tourists leave, some fade, some return after a silence, some stay."""

from dataclasses import dataclass

from simulator.days import WEEK, Calendar
from simulator.dice import Dice
from simulator.people import Person

HOBBY_WEEK = (60, 60, 60, 62, 75, 118, 112)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """`daily`: share of weekdays with a visit. `lasts`, `silent`: quantiles of days, None: always, never."""

    daily: float
    lasts: tuple[float, ...] | None = None
    silent: tuple[float, ...] | None = None
    visits: tuple[float, ...] = (1, 1, 1, 2)
    runs: tuple[float, ...] = (0, 1, 2, 5)
    deploys: tuple[float, ...] = (0, 0, 1)
    jobs: tuple[float, ...] = (0, 0)  # runs by themselves, per day on which the person comes
    activates: float = 0.95  # share that goes on from each step of the onboarding to the next


RHYTHMS = {
    "tourist": Rhythm(0.05, lasts=(1, 4), runs=(0, 0, 1), deploys=(0, 0), activates=0.55),
    "fading": Rhythm(0.55, lasts=(3, 6, 10, 22), activates=0.85),
    "returning": Rhythm(0.5, lasts=(2, 4, 6), silent=(16, 18, 21)),
    "regular": Rhythm(0.5, visits=(1, 1, 2), runs=(0, 1, 3, 8), jobs=(0, 2, 5, 10)),
    "power": Rhythm(0.92, visits=(1, 2, 4), runs=(0, 2, 4, 10), deploys=(0, 1, 2), jobs=(2, 8, 16, 34)),
}


def active_days(person: Person, dice: Dice, calendar: Calendar) -> list[int]:
    """The numbers of the days after the sign-up on which the person comes."""
    rhythm = RHYTHMS[person.rhythm]
    joined = calendar.number_of(person.signed_up_at or 0)
    first = joined + 1 if (person.signed_up_at or 0) >= calendar.starts_at else 0
    lasts = dice.count(rhythm.lasts) if rhythm.lasts else len(calendar.days)
    resumes = lasts + dice.count(rhythm.silent) if rhythm.silent else len(calendar.days)
    ages = [(number, number - joined) for number in range(first, len(calendar.days))]
    awake = [number for number, age in ages if age <= lasts or age >= resumes]
    return [number for number in awake if dice.chance(rhythm.daily * _weekday(person, calendar, number))]


def _weekday(person: Person, calendar: Calendar, number: int) -> float:
    week = HOBBY_WEEK if person.shape == "hobby" else WEEK
    return week[calendar.days[number].date.weekday()] / 100
