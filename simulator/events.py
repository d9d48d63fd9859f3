"""An event as it happened, and the trail that collects those of one person.

Times are the true ones, int microseconds in UTC. How and when a record arrives is decided in delivery.
"""

from dataclasses import dataclass, field

from simulator.devices import Device
from simulator.dice import Dice
from simulator.people import Person

WEB, BACKEND = "web", "backend"
SOURCES = (BACKEND, WEB)


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

    def backend(self, name: str, at: int, ids: dict[str, str], properties: dict) -> Event:
        """The servers' clock is right and counts microseconds, so those are drawn here."""
        at += self.dice.between(0, 999)
        event = Event(self.person, BACKEND, self.dice.identifier("b-"), name, at, ids, properties)
        self.events.append(event)
        return event
