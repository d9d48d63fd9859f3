"""Sends what was decided, through the ledger of deliveries: an incident is a thread, whose first message is kept and edited.

What cannot be sent now stays a note that is not sent, and the next tick goes on with it.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pipelines.deliveries import Channel, Message, MessageError, Thread, deliver_all
from pipelines.ledger import Ledger
from pipelines.ledger.alerts import Alerts, Note
from pipelines.lock import Busy
from pipelines.moments import now, utc
from pipelines.words import local

PART = 20  # incidents between two looks at the clock


@dataclass(slots=True)
class Sent:
    """incidents: that are told up to their last note. problems: what is not, and why."""

    incidents: int = 0
    problems: list[str] = field(default_factory=list)


def send(
    ledger: Ledger, channel_for: Callable[[str], Channel], zone: str, seconds: float = 25, at: int | None = None
) -> Sent:
    """Sends what is due by `at` (µs UTC, default: now) until nothing is left or the seconds are over.

    channel_for: the name of a monitor's channel -> what sends there. Another process that sends is left to it.
    """
    alerts, done, deadline = Alerts(ledger), Sent(), time.monotonic() + seconds
    tried: set[str] = set()
    try:
        with alerts.alone_sending():
            while time.monotonic() < deadline:
                left = [each for each in alerts.unsent(now() if at is None else at) if each not in tried][:PART]
                if not left:
                    break
                tried.update(left)
                _send(ledger, alerts, channel_for, zone, left, done)
    except Busy as busy:
        done.problems.append(f"another process sends: {busy}")
    return done


def _send(
    ledger: Ledger,
    alerts: Alerts,
    channel_for: Callable[[str], Channel],
    zone: str,
    incidents: Sequence[str],
    done: Sent,
) -> None:
    """An incident is sent once it is in each of its channels."""
    noted = {each: alerts.of_incident(each) for each in incidents}
    unsent = set()
    names = sorted({name for notes in noted.values() for name in json.loads(notes[0].channels)})
    for name in names:
        there = {each: notes for each, notes in noted.items() if name in json.loads(notes[0].channels)}
        unsent |= _send_to(ledger, channel_for(name), name, zone, there, done)
    sent = [note for each, notes in noted.items() if each not in unsent for note in notes]
    alerts.mark_sent([note for note in sent if not note.is_sent])
    done.incidents += len(incidents) - len(unsent)


def _send_to(
    ledger: Ledger, channel: Channel, name: str, zone: str, noted: dict[str, list[Note]], done: Sent
) -> set[str]:
    """Returns the incidents that are not there yet."""
    threads = [_thread(notes, name, zone) for notes in noted.values()]
    try:
        outcomes = deliver_all(ledger, channel, threads, patient=False)
    except MessageError as error:
        done.problems.append(str(error))
        return set(noted)
    missing = set()
    for incident, outcome in zip(noted, outcomes, strict=True):
        done.problems += outcome.problems
        if not outcome.is_complete or outcome.changed:
            missing.add(incident)
    return missing


def _thread(notes: list[Note], channel: str, zone: str) -> Thread:
    first, last = notes[0], notes[-1]
    day = local(utc(first.decided_at), zone).date()
    replies = [
        Message(f"{first.incident}/{number}-{note.kind}", note.reply)
        for number, note in enumerate(notes, 1)
        if note.reply.strip()
    ]
    return Thread(
        f"alerts/{first.monitor}", day, channel, Message(first.incident, last.text), tuple(replies), edited=True
    )
