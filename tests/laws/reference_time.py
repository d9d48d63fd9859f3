"""Sessions, persons and the numbers by day, by loops over each person's events in order."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from tests.laws.happenings import Definitions, Event
from tests.laws.reference import Person, counted_events, in_story_order

SESSION_SOURCES = ("web", "shop")
MICROSECOND = timedelta(microseconds=1)


def local_date(at: datetime, definitions: Definitions) -> date:
    return at.astimezone(ZoneInfo(definitions.report_timezone)).date()


def dated_events(events: list[Event], definitions: Definitions) -> dict[tuple, tuple]:
    """(source, event id) -> (person, local date)."""
    known = counted_events(events, definitions)
    return {(e.source, e.event_id): (known[e], local_date(e.occurred_at, definitions)) for e in known}


def persons(events: list[Event], definitions: Definitions) -> dict[str, tuple]:
    """Person -> (first seen, last seen, first date, events, latest plan)."""
    found = {}
    for person, own in by_person(counted_events(events, definitions), lambda event: None).items():
        plans = [event.plan for event in own if event.event_name in definitions.trait_events and event.plan]
        first, last = own[0].occurred_at, own[-1].occurred_at
        found[person[0]] = (first, last, local_date(first, definitions), len(own), plans[-1] if plans else None)
    return found


def sessions(events: list[Event], definitions: Definitions) -> dict[tuple, tuple]:
    """(person, source, start) -> (end, local date, microseconds, events, entry path, exit path)."""
    found = {}
    for (person, source), own in by_person(counted_events(events, definitions), lambda event: event.source).items():
        for session in _cut(own, definitions) if source in SESSION_SOURCES else []:
            start, end = session[0].occurred_at, session[-1].occurred_at
            paths = [event.path for event in session if event.path] or [None]
            length = (end - start) // MICROSECOND
            found[person, source, start] = (
                end,
                local_date(start, definitions),
                length,
                len(session),
                paths[0],
                paths[-1],
            )
    return found


def by_person(known: dict[Event, Person], key) -> dict[tuple, list[Event]]:
    """(person, key of the event) -> that person's events in order; nobody's are left out."""
    groups = defaultdict(list)
    for event in in_story_order(known):
        if known[event] is not None:
            groups[known[event], key(event)].append(event)
    return groups


def _cut(events: list[Event], definitions: Definitions) -> list[list[Event]]:
    gap, cap = timedelta(minutes=definitions.session_gap_minutes), timedelta(minutes=definitions.session_cap_minutes)
    found: list[list[Event]] = []
    for event in events:
        goes_on = found and event.occurred_at - found[-1][-1].occurred_at <= gap
        if goes_on and event.occurred_at - found[-1][0].occurred_at <= cap:
            found[-1].append(event)
        else:
            found.append([event])
    return found


def daily(events: list[Event], definitions: Definitions) -> dict[tuple, tuple]:
    """(local date, source or all) -> (events, persons, new persons, sessions, median seconds).

    From the first to the last date on which the source sent anything, be it excluded.
    """
    found = {}
    visits, known = sessions(events, definitions), counted_events(events, definitions)
    for source in {"all", *(event.source for event in events)} if events else ():
        own = [event for event in events if source in ("all", event.source)]
        lengths = defaultdict(list)
        for key, session in visits.items():
            if source in ("all", key[1]):
                lengths[session[1]].append(session[2])
        found |= _days(source, own, lengths, known, definitions)
    return found


def _days(
    source: str, events: list[Event], lengths: dict, known: dict[Event, Person], definitions: Definitions
) -> dict:
    first: dict[str, date] = {}
    seen: dict[date, list[Person]] = defaultdict(list)
    for event in in_story_order(events):
        day, person = local_date(event.occurred_at, definitions), known.get(event)
        seen[day] += [person] if event in known else []
        if person is not None:
            first.setdefault(person, day)
    found, day = {}, min(seen)
    while day <= max(seen):
        somebody = {person for person in seen[day] if person is not None}
        new = sum(1 for each in first.values() if each == day)
        middle = median(lengths[day]) / 1_000_000 if lengths[day] else None
        found[day, source] = (len(seen[day]), len(somebody), new, len(lengths[day]), middle)
        day += timedelta(days=1)
    return found
