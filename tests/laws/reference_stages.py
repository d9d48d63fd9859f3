"""Stages by a state machine that walks through each person's actions, and the numbers by looking at every date."""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeAlias

from tests.laws.happenings import Definitions, Event
from tests.laws.reference import in_story_order
from tests.laws.reference_actions import actions
from tests.laws.reference_time import dated_events, local_date

NAMES = ("visitor", "signed_up", "activated", "active", "inactive", "resurrected")
SIGNS_UP = "said_plan"
Rows: TypeAlias = dict[tuple, tuple]


class Entry(NamedTuple):
    stage: str
    at: datetime
    date: date


def entries(events: list[Event], definitions: Definitions) -> dict[str, list[Entry]]:
    """Person -> the stages they enter, in order."""
    done = defaultdict(list)
    for (person, action, *_), (at, *_) in actions(events, definitions).items():
        done[person].append((at, action))
    return {
        person: _dated(_walk(at, sorted(done[person]), definitions), definitions)
        for person, at in _first_seen(events, definitions).items()
    }


def _first_seen(events: list[Event], definitions: Definitions) -> dict[str, datetime]:
    persons, found = dated_events(events, definitions), {}
    for event in in_story_order(events):
        person = persons.get((event.source, event.event_id), (None,))[0]
        if person is not None:
            found.setdefault(person, event.occurred_at)
    return found


def _walk(first_seen: datetime, done: list[tuple[datetime, str]], definitions: Definitions) -> Iterator[tuple]:
    yield "visitor", first_seen
    meant = [at for at, action in done if action in definitions.meaningful]
    signs = [at for at, action in done if action in (SIGNS_UP, *definitions.meaningful)]
    if signs:
        yield "signed_up", signs[0]
    silence, last, dates = timedelta(hours=definitions.inactive_after_hours), None, set()
    for at in meant:
        if last is None:
            yield "activated", at
        elif at - last > silence:
            yield "inactive", last + silence
            yield "resurrected", at
            dates = set()
        before, dates, last = len(dates), dates | {local_date(at, definitions)}, at
        if before < definitions.active_dates == len(dates):
            yield "active", at
    if last is not None:
        yield "inactive", last + silence


def _dated(walk: Iterator[tuple], definitions: Definitions) -> list[Entry]:
    return [Entry(stage, at, local_date(at, definitions)) for stage, at in walk]


def periods(events: list[Event], definitions: Definitions, as_of: datetime) -> Rows:
    """(person, number) -> (stage, entered, left, next stage, date entered, date left)."""
    found = {}
    for person, own in entries(events, definitions).items():
        for number, (entry, then) in enumerate(zip(own, [*own[1:], None], strict=True), 1):
            left = (then.at, then.stage, entry.date, then.date) if then else (None, None, entry.date, None)
            found[person, number] = (entry.stage, entry.at, *left)
    return found


def current(events: list[Event], definitions: Definitions, as_of: datetime) -> Rows:
    """(person,) -> (stage, entered)."""
    known = _known(events, definitions, as_of)
    return {(person,): own[-1][:2] for person, own in known.items()}


def _known(events: list[Event], definitions: Definitions, as_of: datetime) -> dict[str, list[Entry]]:
    """What was so by as_of."""
    cut = {person: [e for e in own if e.at <= as_of] for person, own in entries(events, definitions).items()}
    return {person: own for person, own in cut.items() if own}


def daily(events: list[Event], definitions: Definitions, as_of: datetime) -> Rows:
    """(person, date) -> (stage,)."""
    found = {}
    for person, own in _known(events, definitions, as_of).items():
        for day in _days(own[0].date, local_date(as_of, definitions)):
            found[person, day] = ([entry.stage for entry in own if entry.date <= day][-1],)
    return found


def counts(events: list[Event], definitions: Definitions, as_of: datetime) -> Rows:
    """(date, stage) -> (entries, exits, standing)."""
    known, stood = _known(events, definitions, as_of), daily(events, definitions, as_of)
    first = min((own[0].date for own in known.values()), default=date.max)
    found = {}
    for day in _days(first, local_date(as_of, definitions)):
        came = [entry.stage for own in known.values() for entry in own if entry.date == day]
        went = [entry.stage for own in known.values() for entry, then in _pairs(own) if then.date == day]
        stand = [stage for (_, on), (stage,) in stood.items() if on == day]
        found |= {(day, name): (came.count(name), went.count(name), stand.count(name)) for name in NAMES}
    return found


def moves(events: list[Event], definitions: Definitions, as_of: datetime) -> Rows:
    """(date, from, to) -> (persons,)."""
    who = defaultdict(set)
    for person, own in _known(events, definitions, as_of).items():
        for entry, then in _pairs(own):
            who[then.date, entry.stage, then.stage].add(person)
    return {key: (len(persons),) for key, persons in who.items()}


def _pairs(own: list[Entry]) -> Iterator[tuple[Entry, Entry]]:
    return itertools.pairwise(own)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


# table: the columns that tell its rows apart, those that are compared, and what they must hold
COMPARED = {
    "stages.periods": (
        "person_id period_number",
        "stage entered_at left_at next_stage entered_date left_date",
        periods,
    ),
    "stages.current": ("person_id", "stage entered_at", current),
    "stages.daily": ("person_id local_date", "stage", daily),
    "metrics.stages": ("local_date stage", "entry_count exit_count standing_count", counts),
    "metrics.stage_moves": ("local_date from_stage to_stage", "person_count", moves),
}
