"""What is said of a group of instances: the message, which later says what is so by then, and the replies in its thread.

Plain text: whoever sends it escapes it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import TemplateError

from pipelines.config.conditions import Condition
from pipelines.config.monitors import Monitor
from pipelines.moments import utc
from pipelines.monitors.decide import FIRST, RESOLVE, UPDATE
from pipelines.monitors.links import Links
from pipelines.monitors.readings import TROUBLE, Reading
from pipelines.reports.messages import environment
from pipelines.words import duration, minute, number, short, spark, value_of

ICONS = {"info": "💬", "warning": "🟠", "critical": "🔴"}
OVER = "✅"
MOST_LINES, MOST_DETAILED = 10, 3
SHOWN = {"value", "local_date", "source", "action", "event", "at"}  # by other words, or of no use to a reader
MOST_ROWS = 200  # of what came together
Steps = Callable[[str, int], list[str]]  # (person, µs UTC) -> their last steps until then, a line each


@dataclass(frozen=True, slots=True)
class Member:
    """An instance as a message shows it. reading: what was last measured; since: µs UTC."""

    labels: str
    since: int
    reading: Reading


@dataclass(frozen=True, slots=True)
class Group:
    """kind: of the note that is made. opened_at, now: µs UTC. members: of what is over those that were told.

    told: labels that were told before.
    """

    kind: str
    name: str
    monitor: Monitor
    members: Sequence[Member]
    opened_at: int
    now: int
    told: frozenset[str] = frozenset()


def template_mistake(template: str) -> str | None:
    """What is wrong with the text of a template, or None; which names there are is known with the row."""
    try:
        environment("UTC").from_string(template)
    except TemplateError as error:
        return str(error)
    return None


def no_steps(_person: str, _until: int) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Voice:
    """zone: in which moments are shown."""

    zone: str
    links: Links = field(default_factory=Links)
    steps: Steps = no_steps

    def once(self, name: str, monitor: Monitor, reading: Reading) -> tuple[str, str]:
        """(message, reply) about what happens only once; most need no reply."""
        row = dict(reading.row)
        if "together" in row:
            return self._together(name, monitor, row)
        if "went_back" in row:
            return self._gap(name, monitor, row), ""
        return self._headline(name, monitor, [reading]), ""

    def _together(self, name: str, monitor: Monitor, row: dict) -> tuple[str, str]:
        lines = [
            self._headline(name, monitor, [Reading("{}", "bad", 1.0, row=each)]) for each in row["rows"][:MOST_ROWS]
        ]
        old = f"{row['old']} that happened long before were read now" if row["old"] else ""
        said = ", ".join(each for each in (f"{len(row['rows'])} at once" if row["rows"] else "", old) if each)
        return f"{ICONS[monitor.severity]} {name}: {said}", "\n".join(lines)

    def _gap(self, name: str, monitor: Monitor, row: dict) -> str:
        since, until = (minute(row[each], self.zone) for each in ("looked_at", "as_of"))
        took = duration(abs((row["as_of"] - row["looked_at"]).total_seconds()))
        what = f"the clock went back by {took}" if row["went_back"] else f"nobody looked for {took}"
        lines = [f"{ICONS[monitor.severity]} {name}: {what}, from {since} to {until}.", _owned(monitor)]
        return "\n".join([*lines, *self.links.lines(name, monitor)])

    def message(self, group: Group) -> str:
        """What the incident's message says as long as nothing newer is said."""
        members = group.members[:MOST_LINES]
        more = len(group.members) - len(members)
        lines = [self._first_line(group), *(self._line(group, each) for each in members)]
        lines += [f"and {more} more"] if more else []
        return "\n".join([*lines, _owned(group.monitor), *self.links.lines(group.name, group.monitor)])

    def reply(self, group: Group) -> str:
        """What its thread hears of it; nothing where only a number grew, which the message itself says."""
        new = [each for each in group.members if each.labels not in group.told]
        details = [self._details(group, each) for each in new[:MOST_DETAILED]]
        details += [self._line(group, each) for each in new[MOST_DETAILED:MOST_LINES]]
        if group.kind == FIRST:
            return "\n\n".join(details)
        if group.kind == UPDATE:
            over = sorted(group.told - {each.labels for each in group.members})
            return "\n\n".join([*(f"Over: {shown_labels(each)}" for each in over), *details])
        took = duration((group.now - group.opened_at) / 1_000_000)
        head = self._over(group) if group.kind == RESOLVE else f"Still so after {took}."
        return "\n".join([head, *(self._line(group, each) for each in group.members[:MOST_LINES])])

    def _first_line(self, group: Group) -> str:
        is_over, readings = group.kind == RESOLVE, [each.reading for each in group.members]
        head = self._headline(group.name, group.monitor, readings, OVER if is_over else None)
        return f"{head.rstrip('.')}. {self._over(group)}" if is_over else head

    def _over(self, group: Group) -> str:
        took, at = duration((group.now - group.opened_at) / 1_000_000), minute(utc(group.now), self.zone)
        return f"Over after {took}, at {at}."

    def _headline(self, name: str, monitor: Monitor, readings: Sequence[Reading], icon: str | None = None) -> str:
        """What is only good to know is in the monitor's own words alone."""
        is_plain = not readings or readings[0].labels == TROUBLE or not readings[0].row
        if is_plain or monitor.message is None:
            return f"{icon or ICONS[monitor.severity]} {name}: {monitor.description}"
        said = self._rendered(name, monitor.message, monitor, readings)
        return said if monitor.severity == "info" else f"{icon or ICONS[monitor.severity]} {said}"

    def _rendered(self, name: str, template: str, monitor: Monitor, readings: Sequence[Reading]) -> str:
        """A message that cannot be made is no reason to say nothing."""
        first, person = readings[0], self._person(monitor, readings[0])
        seen = {"name": name, "value": first.value, "threshold": first.threshold, "count": len(readings)}
        seen |= {"journey": self.links.journey(person) if person else None, **first.row}
        try:
            return environment(self.zone).from_string(template).render(seen).strip()
        except TemplateError as error:
            return f"{name}: {monitor.description} (its message cannot be made: {error})"

    def _person(self, monitor: Monitor, reading: Reading) -> str | None:
        column = self._person_column(monitor)
        found = reading.row.get(column) if column else None
        return None if found is None else str(found)

    def _person_column(self, monitor: Monitor) -> str | None:
        return monitor.person or ("person_id" if monitor.what.action else None)

    def _line(self, group: Group, member: Member) -> str:
        reading, monitor = member.reading, group.monitor
        parts = [number(reading.value, monitor.unit), _held(monitor.condition, reading.threshold, monitor.unit)]
        if reading.labels == TROUBLE:
            parts = [short(reading.reason or "the query")]
        elif group.kind == RESOLVE and reading.verdict == "keep":  # its row is gone
            parts = ["at last", *parts] if reading.value is not None else []
        since = f"since {minute(utc(member.since), self.zone)}" if group.kind != RESOLVE else ""
        history = spark(reading.history) if len(reading.history) > 1 else ""
        said = " ".join(part for part in (*parts, since, history) if part)
        return ": ".join(each for each in (shown_labels(member.labels), said) if each)

    def _details(self, group: Group, member: Member) -> str:
        hidden = SHOWN | set(json.loads(member.labels)) | {self._person_column(group.monitor)}
        row = {name: value for name, value in member.reading.row.items() if value is not None and name not in hidden}
        facts = [f"{name}: {value_of(name, value, self.zone)}" for name, value in row.items()]
        person = self._person(group.monitor, member.reading)
        steps = self.steps(person, group.now) if person else []
        journey = (
            [f"Journey: {self.links.journey(person)}", *(["Last steps:", *steps] if steps else [])] if person else []
        )
        return "\n".join([self._line(group, member), *facts, *journey])


def shown_labels(labels: str) -> str:
    """'' for what has none, and for trouble with the query."""
    given: Mapping[str, Any] = {} if labels == TROUBLE else json.loads(labels)
    return ", ".join(f"{name} {short(value)}" for name, value in given.items())


def _owned(monitor: Monitor) -> str:
    return f"{monitor.severity}, owner {monitor.owner}"


def _held(condition: Condition | None, threshold: float | None, unit: str) -> str:
    """What the value was held against, in words."""
    if condition is None or threshold is None:
        return "(absent)" if condition and condition.absent else ""
    words = {"above": "above", "below": "below", "changed": "before it was"}
    given = next(iter(condition.model_fields_set))
    return f"({words.get(given, 'the usual ends at')} {number(threshold, unit)})"
