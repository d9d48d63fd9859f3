"""The totals of the truth: how many of everything a correct warehouse must find."""

from collections import Counter
from typing import Any

from simulator.damage import REASONS
from simulator.delivery import ACCEPTED, CONFLICT, SAME, Delivery, Record
from simulator.envelope import stamp
from simulator.events import SOURCES, Deployment, Job
from simulator.identities import Identities
from simulator.people import Person
from simulator.projects import Project
from simulator.ties import FAIR_USERS, HOUSEHOLD_USERS
from simulator.work import incident_of

REFUSED = frozenset(REASONS)


def totals(
    arguments: dict[str, object],
    identities: Identities,
    people: list[Person],
    deployments: list[Deployment],
    delivery: Delivery,
    files: dict[str, list[Record]],
) -> dict[str, object]:
    """Everything of totals.json. `records` of a source is the sum of its other counts (broken summed up)."""
    calendar, persons = delivery.calendar, identities.persons()
    incident = incident_of(calendar.starts_at, calendar.ends_at)
    return {
        "arguments": arguments,
        "starts_at": stamp(calendar.starts_at),
        "ends_at": stamp(calendar.ends_at),
        "sources": {source: _source(source, identities, delivery, files) for source in SOURCES},
        "events_by_name": _sorted(Counter(event.event_name for event in delivery.accepted)),
        "undelivered": delivery.undelivered,
        "persons": len(persons),
        "persons_by_role": _sorted(Counter(role for key, role in roles_of(people).items() if key in persons)),
        "true_persons": len({event.person.number for event in delivery.accepted}),
        "shared_devices": len(identities.shared()),
        # Any limit of users per device from `at_least` on and below `below` gives these persons.
        "shared_device_limit": {"at_least": HOUSEHOLD_USERS, "below": FAIR_USERS},
        "deployments": _sorted(Counter(filter(None, map(outcome, deployments)))),
        "incident": {"starts_at": stamp(incident[0]), "ends_at": stamp(incident[1])},
    }


def outcome(deployment: Deployment) -> str | None:
    """What the delivered events tell of it, so one that runs on past the end never ended; None: nothing is told."""
    if deployment.seen_start():
        return deployment.outcome if deployment.seen_end() else "never_ended"
    return "end_without_start" if deployment.seen_end() else None


def job_outcome(job: Job) -> str | None:
    """completed, failed, open or end_without_start, as its delivered start and end tell; None: neither is told."""
    start, end = job.seen_start(), job.seen_end()
    if start:
        return end.event_name.removeprefix("job_") if end else "open"
    return "end_without_start" if end else None


def job_counts(jobs: list[Job]) -> dict[str, int]:
    """By outcome; and, of those that are open, the ones that are stuck."""
    stuck = sum(job.is_stuck and job_outcome(job) == "open" for job in jobs)
    return _sorted(Counter(filter(None, map(job_outcome, jobs)))) | {"stuck": stuck}


def project_counts(projects: list[Project]) -> dict[str, Any]:
    """By state; and the rows that cannot be, by why."""
    states, impossible = Counter(each.state for each in projects), Counter(each.impossible for each in projects)
    return _sorted(states) | {"impossible": {kind: count for kind, count in impossible.items() if kind}}


def roles_of(people: list[Person]) -> dict[str, str]:
    """Role by user id and anonymous id; whoever shares one has the same role."""
    ids = [(person.role, [person.user, person.second_user]) for person in people]
    ids += [(person.role, [device.anonymous for device in person.all_devices()]) for person in people]
    return {key: role for role, keys in ids for key in keys if key}


def _source(
    source: str, identities: Identities, delivery: Delivery, files: dict[str, list[Record]]
) -> dict[str, object]:
    verdicts = Counter(record.verdict for record in delivery.records if record.source == source)
    events = [event for event in delivery.accepted if event.source == source]
    return {
        "files": sum(name.startswith(f"{source}/") for name in files),
        "records": verdicts.total(),
        **{verdict: verdicts[verdict] for verdict in (ACCEPTED, SAME, CONFLICT)},
        "broken": {reason: count for reason, count in sorted(verdicts.items()) if reason in REFUSED},
        "without_person": sum(identities.person_of(event) is None for event in events),
    }


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))
