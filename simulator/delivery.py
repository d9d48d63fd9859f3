"""Delivery: when each event arrives, what arrives twice or broken, and what is still on its way at the end.

A web client's `sent_at` and `timestamp` are wrong by the same clock error and the network takes no time, so
`timestamp + (received_at - sent_at)` is exactly the true time, for every copy of an event.
"""

from dataclasses import dataclass, field, replace

from simulator.damage import damage
from simulator.days import HOUR, MINUTE, SECOND, Calendar
from simulator.dice import Dice
from simulator.envelope import encode, envelope
from simulator.events import Event, Trail

ACCEPTED, SAME, CONFLICT = "accepted", "duplicate_same", "duplicate_conflict"
LATE_SHARE = 0.004  # of single backend events; browsers are late by whole visits (see visits)
DUPLICATE_SHARE = 0.012
CONFLICT_SHARE = 0.03  # of the duplicates
BROKEN_SHARE = 0.001
_NETWORK = (0.02, 0.2, 1, 6)  # seconds from the event to its sending
_BACKLOG = (0.3, 2, 8, 40)  # hours
_AGAIN_SOON, _AGAIN_LATER = (1, 20, 120, 900), (0.5, 3, 12, 60)  # seconds, hours


@dataclass(slots=True)
class Record:
    """One line as it arrives, newline included. `verdict`: accepted, duplicate_* or why it is refused."""

    received_at: int
    source: str
    verdict: str
    line: bytes


@dataclass(slots=True)
class Delivery:
    """All records up to the end of the simulated time, in the order in which they were invented.

    `undelivered` counts the events that are invented but arrive, or even happen, only after the end.
    """

    seed: int
    calendar: Calendar
    records: list[Record] = field(default_factory=list)
    accepted: list[Event] = field(default_factory=list)
    undelivered: int = 0

    def deliver(self, trail: Trail, what: str = "delivery") -> None:
        """`what`: names the stream of chance; a person may have a trail of each name."""
        dice = Dice(self.seed, what, trail.person.number)
        for event in trail.events:
            if event.occurred_at >= self.calendar.starts_at:
                self._deliver(event, dice)

    def _deliver(self, event: Event, dice: Dice) -> None:
        received_at = _arrival(event, dice)
        if received_at >= self.calendar.ends_at:
            self.undelivered += 1
            return
        event.is_accepted = True
        self.accepted.append(event)
        self._add(event, received_at, ACCEPTED)
        if dice.chance(DUPLICATE_SHARE):
            self._send_again(event, received_at, dice)
        if dice.chance(BROKEN_SHARE):
            self._send_broken(event, received_at, dice)

    def _add(self, event: Event, received_at: int, verdict: str) -> None:
        line = encode(envelope(event, received_at)) + b"\n"
        self.records.append(Record(received_at, event.source, verdict, line))

    def _send_again(self, event: Event, received_at: int, dice: Dice) -> None:
        """The first copy that arrives counts, so the other payload never changes the truth."""
        is_soon, is_conflict = dice.chance(0.7), dice.chance(CONFLICT_SHARE)
        wait = dice.along(_AGAIN_SOON) * SECOND if is_soon else dice.along(_AGAIN_LATER) * HOUR
        again_at = received_at + _whole_milliseconds(wait)
        if again_at < self.calendar.ends_at and is_conflict:
            other = replace(event, properties={**event.properties, "attempt": 2})
            self._add(other, again_at, CONFLICT)
        elif again_at < self.calendar.ends_at:
            self._add(event, again_at, SAME)

    def _send_broken(self, event: Event, received_at: int, dice: Dice) -> None:
        """An event that nothing else tells of, so that refusing it takes nothing from the truth."""
        event_id = dice.identifier(f"{event.source[0]}-")
        line, reason = damage(envelope(replace(event, event_id=event_id), received_at), received_at, dice)
        self.records.append(Record(received_at, event.source, reason, line + b"\n"))


def _arrival(event: Event, dice: Dice) -> int:
    soon = event.occurred_at + _whole_milliseconds(dice.along(_NETWORK) * SECOND)
    if event.uploads_at:
        return max(event.uploads_at, soon)
    if event.device is None and dice.chance(LATE_SHARE):
        return soon + int(dice.along(_BACKLOG) * 60) * MINUTE
    return soon


def _whole_milliseconds(micros: float) -> int:
    """Records of the web carry milliseconds; anything finer would be lost on the way. At least one."""
    return int(micros) // 1000 * 1000 + 1000
