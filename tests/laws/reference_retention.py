"""Retention and stickiness by asking every person about every period."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import TypeAlias

from tests.laws.happenings import RETENTION_PERIODS, RETURNED, TARGET, Definitions, Event
from tests.laws.reference_actions import actions
from tests.laws.reference_time import local_date

DAY = timedelta(days=1)
Rows: TypeAlias = dict[tuple, tuple]


def start(day: date, grain: str) -> date:
    """The first date of the period in which a date lies."""
    if grain == "week":
        return day - day.weekday() * DAY
    return day.replace(day=1) if grain == "month" else day


def following(day: date, grain: str, count: int = 1) -> date:
    """The first date of the period so many after the one that begins on this date."""
    for _ in range(count):
        day = start(day + {"week": 7, "month": 31}.get(grain, 1) * DAY, grain)
    return day


def _moments(events: list[Event], definitions: Definitions, names: Collection[str]) -> dict[str, list[datetime]]:
    found = defaultdict(list)
    for (person, action, *_), (at, *_) in actions(events, definitions).items():
        if action in names:
            found[person].append(at)
    return {person: sorted(own) for person, own in found.items()}


def cohorts(events: list[Event], definitions: Definitions, as_of: datetime) -> Rows:
    """(person, retention, grain, cohort date) -> (entered,)."""
    found: Rows = {}
    for person, own in _moments(events, definitions, (TARGET,)).items():
        for at in own[:1] if definitions.retention_entry == "first" else own:
            for grain in RETENTION_PERIODS:
                found.setdefault((person, "back", grain, start(local_date(at, definitions), grain)), (at,))
    return found


def retention(events: list[Event], definitions: Definitions, as_of: datetime) -> Rows:
    """(retention, grain, cohort date, period) -> (cohort, returned, whether it is over)."""
    members: dict[tuple, dict[str, datetime]] = defaultdict(dict)
    for (person, _, grain, day), (at,) in cohorts(events, definitions, as_of).items():
        if at <= as_of:
            members[grain, day][person] = at
    came, found = _moments(events, definitions, RETURNED), {}
    for (grain, day), entered in members.items():
        for number in range(RETENTION_PERIODS[grain] + 1):
            back = {p for p, at in entered.items() if _came(grain, day, number, at, came.get(p, []), definitions)}
            is_over = _is_over(grain, day, number, max(entered.values()), as_of, definitions)
            found["back", grain, day, number] = (len(entered), len(back) if is_over else None, is_over)
    return found


def _came(grain: str, day: date, number: int, entered: datetime, own: list[datetime], definitions: Definitions) -> bool:
    later = [at for at in own if at > entered]
    if grain == "rolling":
        return any(number * DAY <= at - entered < (number + 1) * DAY for at in later)
    return any(start(local_date(at, definitions), grain) == following(day, grain, number) for at in later)


def _is_over(grain: str, day: date, number: int, last: datetime, as_of: datetime, definitions: Definitions) -> bool:
    today = local_date(as_of, definitions)
    if grain == "rolling":
        return day < today and last + (number + 1) * DAY <= as_of
    return following(day, grain, number + 1) <= today


def _dates(
    events: list[Event], definitions: Definitions, as_of: datetime
) -> Iterator[tuple[str, date, str, set[date]]]:
    """(grain, period, person, their dates in it)."""
    for person, own in _moments(events, definitions, RETURNED).items():
        days = {local_date(at, definitions) for at in own if at <= as_of}
        for grain in ("day", "week", "month"):
            for period in {start(day, grain) for day in days}:
                yield grain, period, person, {day for day in days if start(day, grain) == period}


def stickiness(events: list[Event], definitions: Definitions, as_of: datetime) -> Rows:
    """(stickiness, grain, period, dates) -> (persons,)."""
    counted = Counter(
        ("regulars", grain, period, len(days)) for grain, period, _, days in _dates(events, definitions, as_of)
    )
    return {key: (count,) for key, count in counted.items()}


def active_persons(events: list[Event], definitions: Definitions, as_of: datetime) -> Rows:
    """(stickiness, grain, period) -> (persons, persons of the dates added up, ratio)."""
    found, today = {}, local_date(as_of, definitions)
    rows = list(_dates(events, definitions, as_of))
    for grain in {grain for grain, *_ in rows}:
        period = min(day for other, day, *_ in rows if other == grain)
        while period <= today:
            sizes = [len(days) for other, day, _, days in rows if (other, day) == (grain, period)]
            then = following(period, grain)
            mean = sum(sizes) / ((then - period).days * len(sizes)) if sizes and then <= today else None
            found["regulars", grain, period] = (len(sizes), sum(sizes), mean)
            period = then
    return found


# table: the columns that tell its rows apart, those that are compared, and what they must hold
COMPARED = {
    "journeys.cohorts": ("person_id retention grain cohort_date", "entered_at", cohorts),
    "metrics.retention": (
        "retention grain cohort_date period_number",
        "cohort_count returned_count is_complete",
        retention,
    ),
    "metrics.stickiness": ("stickiness grain period_date active_date_count", "person_count", stickiness),
    "metrics.active_persons": (
        "stickiness grain period_date",
        "person_count person_date_count stickiness_ratio",
        active_persons,
    ),
}
