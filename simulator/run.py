"""The simulation from its arguments to its files and its database."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from simulator.behaviour import act
from simulator.days import Calendar, moment_of
from simulator.delivery import ACCEPTED, CONFLICT, SAME, Delivery, Record
from simulator.errors import SimulationError
from simulator.events import Deployment, Event
from simulator.files import arrange, compress, write
from simulator.jobs import run_jobs
from simulator.people import Person, make_people
from simulator.project_versions import make_versions, write_versions
from simulator.projects import make_projects, write_projects
from simulator.ties import tie
from simulator.truth import Told, write_truth

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class SimulationSummary:
    """What was made. `records` = `events` (accepted) + `duplicates` (same and conflict) + `broken`.

    `persons` are the true ones of whom anything was delivered. Times are aware, in UTC; None: no records.
    """

    files: int
    records: int
    events: int
    duplicates: int
    broken: int
    persons: int
    first_received_at: datetime | None
    last_received_at: datetime | None


def simulate(
    days: int,
    users: int,
    seed: int,
    until: date,
    into: Path,
    timezone: str = "Europe/Berlin",
    truth: Path | None = None,
    on_progress: Progress | None = None,
    projects: str | None = None,
) -> SimulationSummary:
    """Writes the sources under `into`, and the truth under `truth` (default: `truth` beside `into`).

    The projects go to the SQLAlchemy URL `projects` (default: SQLite's projects.sqlite beside the truth).

    `until` is the last simulated local date of `timezone`, included; `users` counts the members: visitors,
    staff and bots come on top. The same arguments give the same bytes, and a second run changes nothing.
    `on_progress(done, total)` counts persons.
    Errors: SimulationError for impossible arguments, or when `into` holds another simulation.
    """
    if users < 1:
        raise SimulationError(f"users={users}: a platform has at least one user; give 1 or more")
    arguments = {"days": days, "users": users, "seed": seed, "until": until.isoformat(), "timezone": timezone}
    calendar = Calendar(until, days, timezone)
    truth = truth or into.parent / "truth"
    with _no_garbage():
        told, delivery = _invent(arguments, calendar, on_progress)
        files = arrange(delivery.records, calendar)
        write(into, {name: compress([each.line for each in records]) for name, records in files.items()})
        write_projects(projects or _beside(truth), told.projects)
        write_versions(projects or _beside(truth), told.versions)
        write_truth(truth, arguments, told, delivery, files)
        return _summary(files, delivery)


def _beside(truth: Path) -> str:
    truth.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{truth.parent / 'projects.sqlite'}"


def _invent(arguments: dict[str, Any], calendar: Calendar, on_progress: Progress | None) -> tuple[Told, Delivery]:
    users, seed = arguments["users"], arguments["seed"]
    people = make_people(users, seed, calendar)
    tie(people, seed, calendar)
    delivery, deployments, created = _live(people, seed, calendar, on_progress)
    jobs = run_jobs(created, seed, delivery, users)
    fate = (created, deployments, seed, calendar.ends_at)
    return Told(people, deployments, jobs, make_projects(*fate), make_versions(*fate)), delivery


@contextmanager
def _no_garbage() -> Iterator[None]:
    """A million small objects and no cycles: looking through them again and again is a sixth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _live(
    people: list[Person], seed: int, calendar: Calendar, on_progress: Progress | None
) -> tuple[Delivery, list[Deployment], list[Event]]:
    """And the events by which projects were created."""
    delivery, deployments, created = Delivery(seed, calendar), [], []
    for done, person in enumerate(people, start=1):
        trail = act(person, seed, calendar)
        delivery.deliver(trail)
        deployments += trail.deployments
        created += [event for event in trail.events if event.event_name == "project_created"]
        if on_progress:
            on_progress(done, len(people))
    return delivery, deployments, created


def _summary(files: dict[str, list[Record]], delivery: Delivery) -> SimulationSummary:
    verdicts = [record.verdict for record in delivery.records]
    events, duplicates = verdicts.count(ACCEPTED), verdicts.count(SAME) + verdicts.count(CONFLICT)
    times = [record.received_at for record in delivery.records]
    return SimulationSummary(
        files=len(files),
        records=len(verdicts),
        events=events,
        duplicates=duplicates,
        broken=len(verdicts) - events - duplicates,
        persons=len({event.person.number for event in delivery.accepted}),
        first_received_at=moment_of(min(times)) if times else None,
        last_received_at=moment_of(max(times)) if times else None,
    )
