"""Actions by loops: an independent reading of what the rules in happenings.py find."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import TypeAlias

from tests.laws.happenings import Definitions, Event
from tests.laws.reference import counted_events
from tests.laws.reference_time import MICROSECOND, local_date

COMPARED = (
    "person_id action source event_id",
    "occurred_at local_date started_at ended_at outcome duration_us last_heartbeat_at repeat_count end_event_id key properties",
)
Rows: TypeAlias = dict[tuple, tuple]
HEARTBEAT = "deployment_heartbeat"
AFTER_STARTS = ("deployment_completed", HEARTBEAT)


def actions(events: list[Event], definitions: Definitions) -> Rows:
    """(person, action, source, event id) -> the columns of COMPARED."""
    found: Rows = {}
    for (person, name, key), own in _by_rule(events, definitions).items():
        if name == "said_plan":
            for event in own:
                found |= _row(person, name, event, definitions, properties=_plan(event))
        elif name == "visited":
            for event, repeats in _kept(own, timedelta(minutes=definitions.repeat_minutes)):
                found |= _row(person, name, event, definitions, repeats=repeats, key=key)
        else:
            for start, end, repeats, beat in _paired(own, timedelta(minutes=definitions.span_timeout_minutes)):
                found |= _span(person, key, start, end, repeats, beat, definitions)
    return found


def _by_rule(events: list[Event], definitions: Definitions) -> dict[tuple, list[Event]]:
    """(person, action, key) -> the events that match, in order."""
    found = defaultdict(list)
    known = counted_events(events, definitions)
    for event in sorted(known, key=_order):
        rule = _rule(event)
        if rule and known[event] is not None:
            found[(known[event], *rule)].append(event)
    return found


def _rule(event: Event) -> tuple[str, str | None] | None:
    """(action, key)"""
    deployment = dict(event.other_ids).get("deployment_id")
    if event.event_name == "page_viewed":
        return "visited", event.plan
    if event.event_name == "identify":
        return "said_plan", None
    return ("deployment", deployment) if event.event_name.startswith("deployment") and deployment else None


def _order(event: Event) -> tuple:
    return event.occurred_at, event.event_name in AFTER_STARTS, event.event_id, event.source


def _plan(event: Event) -> str:
    return f'{{"plan":"{event.plan}"}}' if event.plan else "{}"


def _kept(own: list[Event], within: timedelta) -> Iterator[tuple[Event, int]]:
    kept: list[list[Event]] = []
    for event in own:
        if kept and event.occurred_at - kept[-1][0].occurred_at <= within:
            kept[-1].append(event)
        else:
            kept.append([event])
    return ((events[0], len(events) - 1) for events in kept)


def _paired(own: list[Event], timeout: timedelta) -> Iterator[tuple[Event | None, Event | None, int, Event | None]]:
    """(start, end, repeated starts, last heartbeat)."""
    start, repeats, beat = None, 0, None
    for event in own:
        if start and event.occurred_at - start.occurred_at > timeout:
            yield start, None, repeats, beat
            start = None
        if event.event_name == HEARTBEAT:
            beat = event
        elif event.event_name in AFTER_STARTS:
            yield (start, event, repeats, beat) if start else (None, event, 0, None)
            start = None
        elif start:
            repeats += 1
        else:
            start, repeats, beat = event, 0, None
    if start:
        yield start, None, repeats, beat


def _row(person, action, event, definitions, repeats=0, key=None, properties=None) -> Rows:
    date = local_date(event.occurred_at, definitions)
    key_columns = person, action, event.source, event.event_id
    return {key_columns: (event.occurred_at, date, None, None, None, None, None, repeats, None, key, properties)}


def _span(person, key, start, end, repeats, beat, definitions) -> Rows:
    first = start or end
    started, ended = (event and event.occurred_at for event in (start, end))
    length = (ended - started) // MICROSECOND if start and end else None
    date, end_id = local_date(first.occurred_at, definitions), end and end.event_id
    ends = started, ended, "ok" if end else "open", length, beat and beat.occurred_at
    columns = (first.occurred_at, date, *ends, repeats, end_id, key, None)
    return {(person, "deployment", first.source, first.event_id): columns}
