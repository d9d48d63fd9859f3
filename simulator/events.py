"""An event as it happened, what several of them tell of together, and the trail that collects those of one person.

Times are the true ones, int microseconds in UTC. How and when a record arrives is decided in delivery.
"""

from dataclasses import dataclass, field

from simulator.devices import Device
from simulator.dice import Dice
from simulator.people import Person

WEB, BACKEND, JOBS = "web", "backend", "jobs"
SOURCES = (BACKEND, JOBS, WEB)


@dataclass(slots=True)
class Event:
    """What one record says. `uploads_at`: when an offline device sent it. `is_accepted`: it was delivered."""

    person: Person
    source: str
    event_id: str
    event_name: str
    occurred_at: int
    ids: dict[str, str]
    properties: dict[str, object]
    context: dict[str, object] | None = None
    device: Device | None = None
    uploads_at: int = 0
    is_accepted: bool = False


@dataclass(slots=True)
class Deployment:
    """`starts`: the start and its repeats, in time order. `outcome`: completed, failed, too_long or never_ended."""

    deployment_id: str
    starts: list[Event]
    outcome: str
    end: Event | None = None

    def seen_start(self) -> Event | None:
        return next((start for start in self.starts if start.is_accepted), None)

    def seen_end(self) -> Event | None:
        return self.end if self.end and self.end.is_accepted else None


@dataclass(slots=True)
class Job:
    """`beats`: in time order. One that is stuck sends no more of them, and never ends."""

    job_id: str
    start: Event
    beats: list[Event]
    is_stuck: bool
    end: Event | None = None

    def seen_start(self) -> Event | None:
        return self.start if self.start.is_accepted else None

    def seen_end(self) -> Event | None:
        return self.end if self.end and self.end.is_accepted else None

    def seen_beat(self) -> Event | None:
        """The last one."""
        return next((beat for beat in reversed(self.beats) if beat.is_accepted), None)


@dataclass(slots=True)
class Trail:
    """Everything that one person did, in the order in which it was invented (not in time order)."""

    person: Person
    dice: Dice
    events: list[Event] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)

    def web(self, name: str, at: int, device: Device, ids: dict, properties: dict, context: dict) -> Event:
        event_id = self.dice.identifier("w-")
        event = Event(self.person, WEB, event_id, name, at, ids, properties, context, device)
        self.events.append(event)
        return event

    def backend(self, name: str, at: int, ids: dict[str, str], properties: dict, source: str = BACKEND) -> Event:
        """The servers' clock is right and counts microseconds, so those are drawn here."""
        at += self.dice.between(0, 999)
        event = Event(self.person, source, self.dice.identifier(f"{source[0]}-"), name, at, ids, properties)
        self.events.append(event)
        return event
