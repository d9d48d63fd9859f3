"""What the tables of persons must hold, by dictionaries and loops: an independent reading of the semantics.

Identity, events, persons and who of them is excluded stand here; sessions and the numbers by day in reference_time.py.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeAlias

from tests.laws.happenings import Definitions, Event

Id: TypeAlias = tuple[str, str, str]  # namespace, kind, value
Person: TypeAlias = str | None


def in_order(events: Iterable[Event]) -> list[Event]:
    """By (occurred_at, source, event_id): the order in which ids are seen."""
    return sorted(events, key=lambda each: (each.occurred_at, each.source, each.event_id))


def in_story_order(events: Iterable[Event]) -> list[Event]:
    """By (occurred_at, event_id), the source last: the order in which the last word decides."""
    return sorted(events, key=lambda each: (each.occurred_at, each.event_id, each.source))


def stated_pairs(events: list[Event], definitions: Definitions) -> set[tuple[Id, Id]]:
    """Pairs of user ids whose last explicit statement says that they are one person."""
    last: dict[tuple[Id, Id], bool] = {}
    for event in in_story_order(events):
        is_statement = event.event_name in (*definitions.merge_events, *definitions.unmerge_events)
        if is_statement and event.user_id and event.other_user_id and event.user_id != event.other_user_id:
            a, b = sorted([event.user_id, event.other_user_id])
            pair = (event.namespace, "user", a), (event.namespace, "user", b)
            last[pair] = event.event_name in definitions.merge_events
    return {pair for pair, is_merge in last.items() if is_merge}


def user_persons(events: list[Event], definitions: Definitions) -> dict[Id, str]:
    """User id -> person. A person is named after its earliest user id by (occurred_at, namespace, id)."""
    first_seen: dict[Id, tuple] = {}
    for event in in_order(events):
        for value in (event.user_id, event.other_user_id):
            if value:
                first_seen.setdefault((event.namespace, "user", value), (event.occurred_at, event.namespace, value))
    groups = {user: {user} for user in first_seen}
    for a, b in stated_pairs(events, definitions):
        joined = groups[a] | groups[b]
        for user in joined:
            groups[user] = joined
    return {user: "/".join(min(groups[user], key=lambda each: first_seen[each])) for user in first_seen}


def device_users(events: list[Event]) -> dict[Id, list[str]]:
    """Anonymous id -> the distinct users that it was seen with, in the order of first sight."""
    seen: dict[Id, list[str]] = defaultdict(list)
    for event in in_order(events):
        if event.anonymous_id:
            users = seen[event.namespace, "anonymous", event.anonymous_id]
            if event.user_id and event.user_id not in users:
                users.append(event.user_id)
    return dict(seen)


def identities(events: list[Event], definitions: Definitions) -> dict[Id, Person]:
    """Every id ever seen -> the person it leads to; None: nobody."""
    found: dict[Id, Person] = {**user_persons(events, definitions)}
    for device, users in device_users(events).items():
        if len(users) > definitions.shared_device_limit:
            found[device] = None
        else:
            found[device] = found[device[0], "user", users[0]] if users else "/".join(device)
    for event in in_order(events):
        for kind, value in event.other_ids:
            other = event.namespace, kind, value
            found[other] = found.get(other) or person_beside(event, found)
    return found


def identity_rows(events: list[Event], definitions: Definitions) -> dict[Id, tuple]:
    """Id -> (person, distinct users of an anonymous id, whether they are several)."""
    users = {device: len(seen) for device, seen in device_users(events).items()}
    found = identities(events, definitions)
    return {key: (found[key], users.get(key, 0), users.get(key, 0) > 1) for key in found}


def person_beside(event: Event, found: dict[Id, Person]) -> Person:
    """The person of the event's user id, else of its anonymous id."""
    if event.user_id:
        return found[event.namespace, "user", event.user_id]
    return found[event.namespace, "anonymous", event.anonymous_id] if event.anonymous_id else None


def event_persons(events: list[Event], definitions: Definitions) -> dict[Event, Person]:
    """Event -> person. An event that carries only other ids follows the first of them that leads to somebody."""
    found = identities(events, definitions)
    persons = {}
    for event in events:
        person = person_beside(event, found)
        if not event.user_id and not event.anonymous_id:
            led = (found[event.namespace, kind, value] for kind, value in sorted(event.other_ids))
            person = next((each for each in led if each), None)
        persons[event] = person
    return persons


def excluded_persons(events: list[Event], definitions: Definitions) -> set[Person]:
    """Persons of an excluded id, and those whose latest e-mail is of an excluded domain."""
    known, owners = identities(events, definitions), event_persons(events, definitions)
    found = {known.get((namespace, kind, value)) for namespace, kind, value in map(_parts, definitions.excluded_ids)}
    latest: dict[Person, str] = {}
    for event in in_story_order(events):
        if event.event_name in definitions.trait_events and event.email:
            latest[owners[event]] = event.email.partition("@")[2]
    found |= {person for person, domain in latest.items() if domain in definitions.excluded_domains}
    return found - {None}


def _parts(rule: str) -> Id:
    namespace, kind, value = rule.split("/")
    return namespace, kind, value


def counted_events(events: list[Event], definitions: Definitions) -> dict[Event, Person]:
    """Event -> person, of the events that count."""
    persons, excluded = event_persons(events, definitions), excluded_persons(events, definitions)
    return {each: person for each, person in persons.items() if person not in excluded and not _is_bot(each)}


def _is_bot(event: Event) -> bool:
    """As the one pattern of the definitions says."""
    return "bot" in (event.user_agent or "").lower()
