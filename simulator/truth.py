"""The truth beside the files: who did what, and what a correct warehouse must find.

`true_person` is the fictional human; `person_id` is whom the semantics take them for, which is less: a
second device that nobody logged in on is somebody else. Files, each written whole, in no order of time:
- totals.json         the arguments; per source the records by verdict; persons, deployments, the incident
- truth.ndjson        one line per true person with anything delivered: ids, role, sign-up, events by name
- identities.ndjson   one line per id ever delivered: kind, id, person_id (null: nobody's), role
- events.ndjson.gz    one line per accepted event: source, event_id, occurred_at, true_person, person_id
- deployments.ndjson  one line per deployment with anything delivered: outcome, times, whether its end has a user
- jobs.ndjson         one line per job with its start or end delivered: outcome, times, whether it is stuck
- projects.ndjson     one line per row of the database of projects: state, times, why it cannot be (null: it can)
- broken.ndjson       one line per record to be refused: source, file, record (from 1), reason
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from simulator.delivery import Delivery, Record
from simulator.envelope import stamp
from simulator.events import Deployment, Event, Job
from simulator.files import compress, write_file
from simulator.identities import Identities
from simulator.people import Person
from simulator.project_versions import Version
from simulator.projects import MOMENTS, Project
from simulator.totals import REFUSED, job_counts, job_outcome, outcome, project_counts, roles_of, totals


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that was invented, but for the events."""

    people: list[Person]
    deployments: list[Deployment]
    jobs: list[Job]
    projects: list[Project]
    versions: list[Version]


def write_truth(
    folder: Path,
    arguments: dict[str, object],
    told: Told,
    delivery: Delivery,
    files: dict[str, list[Record]],
) -> None:
    """Writes every file of the truth; an older truth is replaced, file by file."""
    identities, people = Identities(delivery.accepted), told.people
    summary = totals(arguments, identities, people, told.deployments, delivery, files)
    summary |= {"jobs": job_counts(told.jobs), "projects": project_counts(told.projects)}
    write_file(folder / "totals.json", orjson.dumps(summary, option=orjson.OPT_INDENT_2) + b"\n")
    _write_lines(folder / "truth.ndjson", _people(people, delivery.accepted, identities))
    _write_lines(folder / "identities.ndjson", _identities(people, identities))
    _write_lines(folder / "deployments.ndjson", (_deployment(each) for each in told.deployments if outcome(each)))
    _write_lines(folder / "jobs.ndjson", (_job(each) for each in told.jobs if job_outcome(each)))
    _write_lines(folder / "projects.ndjson", map(_project, told.projects))
    _write_lines(folder / "broken.ndjson", _broken(files))
    write_file(folder / "events.ndjson.gz", compress([_event(each, identities) for each in delivery.accepted]))


def _write_lines(path: Path, rows: Iterable[dict[str, object]]) -> None:
    write_file(path, b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))


def _people(people: list[Person], events: list[Event], identities: Identities) -> Iterable[dict[str, object]]:
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for event in events:
        counts[event.person.number][event.event_name] += 1
    shared = set(identities.shared())
    for person in people:
        if person.number in counts:
            yield _person(person, counts[person.number], identities, shared)


def _person(person: Person, counts: Counter[str], identities: Identities, shared: set[str]) -> dict[str, object]:
    """The time of a sign-up before the simulation is known here, though no event tells of it."""
    users = [user for user in (person.user, person.second_user) if user in identities.person_of_user]
    devices = [device.anonymous for device in person.all_devices()]
    return {
        "true_person": person.key,
        "role": person.role,
        "rhythm": person.rhythm if person.user else None,
        "user_ids": users,
        "anonymous_ids": [each for each in devices if each in identities.person_of_anonymous],
        "shared_devices": [each for each in devices if each in shared],
        "email": person.email if person.user else None,
        "signed_up_at": stamp(person.signed_up_at) if person.signed_up_at else None,
        "events": dict(sorted(counts.items())),
    }


def _identities(people: list[Person], identities: Identities) -> Iterable[dict[str, object]]:
    roles = roles_of(people)
    kinds = {
        "anonymous": identities.person_of_anonymous,
        **identities.person_of_other,
        "user": identities.person_of_user,
    }
    for kind, persons in kinds.items():
        for key in sorted(persons):
            yield {"kind": kind, "id": key, "person_id": persons[key], "role": roles.get(persons[key] or key)}


def _event(event: Event, identities: Identities) -> bytes:
    row = {
        "source": event.source,
        "event_id": event.event_id,
        "occurred_at": stamp(event.occurred_at),
        "true_person": event.person.key,
        "person_id": identities.person_of(event),
    }
    return orjson.dumps(row) + b"\n"


def _deployment(deployment: Deployment) -> dict[str, object]:
    start, end = deployment.seen_start(), deployment.seen_end()
    return {
        "deployment_id": deployment.deployment_id,
        "true_person": deployment.starts[0].person.key,
        "outcome": outcome(deployment),
        "started_at": stamp(start.occurred_at) if start else None,
        "ended_at": stamp(end.occurred_at) if end else None,
        "end_has_user": "user" in end.ids if end else None,
    }


def _job(job: Job) -> dict[str, object]:
    """A heartbeat says nothing of a job whose start is not known."""
    start, beat, end = job.seen_start(), job.seen_beat(), job.seen_end()
    return {
        "job_id": job.job_id,
        "true_person": job.start.person.key,
        "outcome": job_outcome(job),
        "is_stuck": job.is_stuck,
        "started_at": stamp(start.occurred_at) if start else None,
        "last_heartbeat_at": stamp(beat.occurred_at) if start and beat else None,
        "ended_at": stamp(end.occurred_at) if end else None,
    }


def _project(project: Project) -> dict[str, Any]:
    row = asdict(project)
    return row | {name: None if row[name] is None else stamp(row[name]) for name in MOMENTS}


def _broken(files: dict[str, list[Record]]) -> Iterable[dict[str, object]]:
    for name, records in files.items():
        for number, record in enumerate(records, start=1):
            if record.verdict in REFUSED:
                yield {"source": record.source, "file": name, "record": number, "reason": record.verdict}
