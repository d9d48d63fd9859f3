"""From what fires to notes: one message for each group, kept up to date until it is over; and one for what happens only once."""

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipelines.config.monitors import Monitor
from pipelines.ledger.alerts import ONCE, Note
from pipelines.moments import utc
from pipelines.monitors.decide import NOTHING, RESOLVE, Said, decide, shown
from pipelines.monitors.messages import Group, Member
from pipelines.monitors.mutes import Mutes, due_at
from pipelines.monitors.readings import TROUBLE, Labels, Reading

if TYPE_CHECKING:
    from pipelines.monitors.tick import Tick

GONE = "The monitor is gone from config/monitors.yaml, and with it what it told."


def group_of(monitor: Monitor, labels: Labels) -> str:
    """Trouble with the query is never mixed with what it finds."""
    if monitor.group_by is None or labels == TROUBLE:
        return labels
    given = json.loads(labels)
    return json.dumps({name: given[name] for name in sorted(monitor.group_by)}, ensure_ascii=False)


def incident_of(name: str, grouped: str, opened_at: int, after: int) -> str:
    """Sorts by time, and tells apart what opened at one moment; the same moment comes again where the clock goes back.

    after: the last transition before.
    """
    told = hashlib.sha256(f"{name} {grouped} {opened_at} {after}".encode()).hexdigest()[:8]
    return f"{utc(opened_at):%Y%m%dT%H%M%S}-{told}"


class Groups:
    """The groups of one tick, after its states have changed."""

    def __init__(self, tick: "Tick", mutes: Mutes) -> None:
        self.tick, self.mutes = tick, mutes
        self.open, self.acknowledged = tick.alerts.open_notes(), tick.alerts.acknowledged()
        self.after = tick.alerts.last_transition()

    def notes(self) -> Iterator[Note]:
        for (name, labels), reading in self.tick.readings.items():
            if self.tick.monitors[name].what.is_each and labels != TROUBLE:
                yield from self._once(name, self.tick.monitors[name], labels, reading)
        members = self._members()
        for name, grouped in sorted({*members, *self.open}):
            yield from self._decided(name, grouped, members.get((name, grouped), {}))

    def _once(self, name: str, monitor: Monitor, labels: Labels, reading: Reading) -> Iterator[Note]:
        """Quiet hours only delay it."""
        now, zone = self.tick.as_of, self.tick.voice.zone
        if self.mutes.silenced(name, labels) is None:
            text, reply = self.tick.voice.once(name, monitor, reading)
            incident, channels = incident_of(name, labels, now, self.after), json.dumps(monitor.channels)
            at = due_at(monitor, now, zone)
            yield Note(incident, name, labels, ONCE, text, reply, channels, now, send_at=at)

    def _members(self) -> dict[tuple[str, str], dict[str, Labels]]:
        """(monitor, grouped) -> what tells an instance of it apart in a message -> its labels."""
        found: dict[tuple[str, str], dict[str, Labels]] = {}
        for (name, labels), instance in self.tick.instances.items():
            monitor = self.tick.monitors.get(name)
            if instance.is_told and monitor is not None:
                found.setdefault((name, group_of(monitor, labels)), {})[self._item(name, monitor, labels)] = labels
        return found

    def _item(self, name: str, monitor: Monitor, labels: Labels) -> str:
        """Of what is counted each more is news; of what is measured only that it fires."""
        return f"{labels} {self._reading(name, labels).value or 0:.0f}" if monitor.what.action else labels

    def _decided(self, name: str, grouped: str, members: dict[str, Labels]) -> Iterator[Note]:
        before, monitor = self.open.get((name, grouped)), self.tick.monitors.get(name)
        last = Said(before.kind, before.decided_at, frozenset(json.loads(before.firing))) if before else None
        muted = {item for item, labels in members.items() if self.mutes.why(name, monitor, labels)}
        acknowledged = before is not None and before.incident in self.acknowledged
        repeat = monitor.repeat if monitor else None
        kind = decide(self.tick.as_of, last, members.keys(), muted, repeat, acknowledged)
        if kind != NOTHING:
            firing = {item: labels for item, labels in members.items() if item in shown(last, members.keys(), muted)}
            yield self._note(kind, name, grouped, firing, before)

    def _note(self, kind: str, name: str, grouped: str, firing: dict[str, Labels], before: Note | None) -> Note:
        now, monitor = self.tick.as_of, self.tick.monitors.get(name)
        opened_at = self.tick.alerts.of_incident(before.incident)[0].decided_at if before else now
        incident = before.incident if before else incident_of(name, grouped, now, self.after)
        channels = before.channels if before else json.dumps(monitor.channels if monitor else [])
        text = reply = GONE
        if monitor is not None:
            told = (
                [_labels(item) for item in json.loads(before.firing)] if before and kind == RESOLVE else firing.values()
            )
            members = [self._member(name, labels) for labels in sorted(told)]
            group = Group(kind, name, monitor, members, opened_at, now)
            text, reply = self.tick.voice.message(group), self.tick.voice.reply(group)
        said = json.dumps(sorted(firing), ensure_ascii=False)
        return Note(incident, name, grouped, kind, text, reply, channels, now, said, send_at=now)

    def _member(self, name: str, labels: Labels) -> Member:
        instance = self.tick.instances.get((name, labels))
        return Member(labels, instance.since if instance else self.tick.as_of, self._reading(name, labels))

    def _reading(self, name: str, labels: Labels) -> Reading:
        """Of this look; where it has no row of it, as the last one measured it."""
        found = self.tick.readings.get((name, labels))
        measure = self.tick.measures.get((name, labels))
        if measure is None or (found is not None and (found.row or found.reason)):
            return found or Reading(labels, "keep")
        history, row = json.loads(measure.history), json.loads(measure.row)
        return Reading(labels, "keep", measure.value, measure.threshold, tuple(history), row)


def _labels(item: str) -> Labels:
    """Of what tells an instance apart: without the count behind it."""
    return item[: item.rindex("}") + 1]
