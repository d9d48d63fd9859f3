"""The paths that persons take through pages, and what is counted of them, by loops over each person's events in order."""

from collections import Counter, defaultdict
from datetime import timedelta

from tests.laws.happenings import Definitions, Event
from tests.laws.reference import Person, counted_events
from tests.laws.reference_time import by_person, local_date

SILENCE = timedelta(minutes=30)


def steps(events: list[Event], definitions: Definitions) -> dict[tuple, tuple]:
    """(source, event id) -> (person, moment, local date, page, page before, start of the path, until when it goes on)."""
    found = {}
    with_page = {e: person for e, person in counted_events(events, definitions).items() if e.path}
    for (person, source), own in by_person(with_page, lambda event: event.source).items():
        for path in _cut(own):
            ends = path[0].occurred_at, path[-1].occurred_at + SILENCE
            for before, event in zip([None, *path], path, strict=False):
                if before is None or before.path != event.path:
                    previous = before.path if before else None
                    at, day = event.occurred_at, local_date(event.occurred_at, definitions)
                    found[source, event.event_id] = (person, at, day, event.path, previous, *ends)
    return found


def _cut(events: list[Event]) -> list[list[Event]]:
    found: list[list[Event]] = []
    for event in events:
        if found and event.occurred_at - found[-1][-1].occurred_at <= SILENCE:
            found[-1].append(event)
        else:
            found.append([event])
    return found


def paths(events: list[Event], definitions: Definitions) -> dict[tuple, tuple]:
    """(local date, source, page before, page) -> (times, persons)."""
    persons: dict[tuple, list[Person]] = defaultdict(list)
    for (source, _), (person, _, day, step, before, *_) in steps(events, definitions).items():
        if before is not None:
            persons[day, source, before, step].append(person)
    return {key: (len(own), len(set(own))) for key, own in persons.items()}


def pages(events: list[Event], definitions: Definitions) -> dict[tuple, tuple]:
    """(local date, page or all) -> (events, views, visitors)."""
    found: dict[tuple, list[Person]] = defaultdict(list)
    for event, person in counted_events(events, definitions).items():
        for page in (event.path, "all") if event.path else ():
            found[local_date(event.occurred_at, definitions), page].append(person)
    reached = [(day, step) for _, _, day, step, *_ in steps(events, definitions).values()]
    views = Counter(reached) + Counter((day, "all") for day, _ in reached)
    return {key: (len(own), views[key], len(set(own) - {None})) for key, own in found.items()}


# table: the columns that tell its rows apart, those that the reference knows, and the reference
COMPARED = {
    "journeys.steps": (
        "source event_id",
        "person_id reached_at local_date step previous_step path_started_at closes_at",
        steps,
    ),
    "metrics.paths": ("local_date source from_step to_step", "edge_count person_count", paths),
    "metrics.pages": ("local_date path", "event_count view_count visitor_count", pages),
}
