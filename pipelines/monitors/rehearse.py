"""A test message the whole way: it fires, is written, sent, resolved and edited like any other, and says that it is one."""

import json
from dataclasses import replace

from pipelines.config.monitors import Monitor
from pipelines.ledger.alerts import Alerts, Changes, Note, Transition
from pipelines.moments import utc
from pipelines.monitors.decide import FIRST, RESOLVE
from pipelines.monitors.groups import incident_of
from pipelines.monitors.messages import Group, Member, Voice
from pipelines.monitors.readings import Reading
from pipelines.monitors.states import FIRING, RESOLVED

MARK = "TEST, nothing is wrong:"


def fire(alerts: Alerts, voice: Voice, name: str, monitor: Monitor, at: int) -> Note:
    """Decides to say that a test fires; whoever sends next sends it. at: µs UTC."""
    labels = json.dumps({"test": utc(at).isoformat(timespec="seconds")})
    incident = incident_of(name, labels, at, alerts.last_transition())
    plain = monitor.model_copy(update={"message": None, "person": None, "condition": None})
    group = Group(FIRST, name, plain, [Member(labels, at, Reading(labels, "bad", 1.0))], at, at)
    said = (f"{MARK} {voice.message(group)}", f"{MARK} {voice.reply(group)}")
    note = Note(incident, name, labels, FIRST, *said, json.dumps(monitor.channels), at, send_at=at)
    alerts.commit(Changes([Transition(name, labels, FIRING, at, at, 1.0, reason="a test")], notes=[note]))
    return note


def resolve(alerts: Alerts, note: Note, at: int) -> None:
    """… and that it is over. at: µs UTC."""
    moved = Transition(note.monitor, note.grouped, RESOLVED, at, at, 1.0, reason="a test")
    text = note.text.replace(MARK, f"✅ {MARK} over.", 1)
    over = replace(note, kind=RESOLVE, text=text, reply=f"{MARK} over.", decided_at=at, send_at=at, is_sent=0)
    alerts.commit(Changes([moved], notes=[over]))
