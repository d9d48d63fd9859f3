"""The simulation from its arguments to its files."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from simulator.behaviour import act
from simulator.days import Calendar
from simulator.delivery import ACCEPTED, CONFLICT, SAME, Delivery, Record
from simulator.errors import SimulationError
from simulator.events import Deployment
from simulator.files import arrange, compress, write
from simulator.people import Person, make_people
from simulator.ties import tie
from simulator.truth import write_truth

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
) -> SimulationSummary:
    """Writes the two sources under `into` and the truth under `truth` (default: `truth` beside `into`).

    `until` is the last simulated local date of `timezone`, included; `users` counts the members: visitors,
    staff and bots come on top. The same arguments give the same bytes, and a second run changes nothing.
    `on_progress(done, total)` counts persons.
    Errors: SimulationError for impossible arguments, or when `into` holds another simulation.
    """
    if users < 1:
        raise SimulationError(f"users={users}: a platform has at least one user; give 1 or more")
    arguments = {"days": days, "users": users, "seed": seed, "until": until.isoformat(), "timezone": timezone}
    calendar = Calendar(until, days, timezone)
    with _no_garbage():
        return _simulate(arguments, calendar, into, truth or into.parent / "truth", on_progress)


def _simulate(
    arguments: dict[str, Any], calendar: Calendar, into: Path, truth: Path, on_progress: Progress | None
) -> SimulationSummary:
    users, seed = arguments["users"], arguments["seed"]
    people = make_people(users, seed, calendar)
    tie(people, seed, calendar)
    delivery, deployments = _live(people, seed, calendar, on_progress)
    files = arrange(delivery.records, calendar)
    write(into, {name: compress([each.line for each in records]) for name, records in files.items()})
    write_truth(truth, arguments, people, deployments, delivery, files)
    return _summary(files, delivery)


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
) -> tuple[Delivery, list[Deployment]]:
    delivery, deployments = Delivery(seed, calendar), []
    for done, person in enumerate(people, start=1):
        trail = act(person, seed, calendar)
        delivery.deliver(trail)
        deployments += trail.deployments
        if on_progress:
            on_progress(done, len(people))
    return delivery, deployments


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
        first_received_at=_moment(min(times)) if times else None,
        last_received_at=_moment(max(times)) if times else None,
    )


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1_000_000, UTC).replace(microsecond=at % 1_000_000)
