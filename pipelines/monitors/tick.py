"""One look at the monitors that are due: what is measured, which states change, what is said of it; committed as one transaction.

A look that dies has not happened. What was missed between two looks is one notice, and nothing is made up for it.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Protocol

from pipelines.config.monitors import Monitor, What
from pipelines.ledger.alerts import Alerts, Changes, Look, Measure, Transition
from pipelines.monitors.conditions import Row
from pipelines.monitors.events import counted, events, gap_event, key_of
from pipelines.monitors.groups import Groups
from pipelines.monitors.messages import Voice
from pipelines.monitors.mutes import Mutes, stale_sources
from pipelines.monitors.readings import ALL, TROUBLE, AskError, Labels, NotSetUp, NotYet, Reading, read_error, read_rows
from pipelines.monitors.states import PENDING, RESOLVED, Instance, Rules, reset, step

MINUTE = 60_000_000
MISSED = 10 * MINUTE  # a shorter silence than this says nothing of what lay between
DECIDES = {"what", "condition", "wait", "keep_firing_for", "no_data", "error"}  # the rest is only how it is told


class Asks(Protocol):
    """What a look asks. position: up to which batch actions are known. Errors: AskError."""

    position: int

    def rows(self, what: What, as_of: int) -> list[Row]:
        """Of a query."""
        ...

    def actions(self, what: What, after: int, upto: int) -> list[Row]:
        """Those that batches in (after, upto] brought or ended, with `event` (their key for good) and `at` (µs UTC)."""
        ...


def due(monitors: Mapping[str, Monitor], looks: Mapping[str, Look], as_of: int, by_batch: bool) -> list[str]:
    """by_batch: only what looks at the end of the tick that ingested."""
    return [name for name, each in monitors.items() if _is_due(each, looks.get(name), as_of, by_batch)]


def _is_due(monitor: Monitor, look: Look | None, as_of: int, by_batch: bool) -> bool:
    if by_batch or look is None:
        return monitor.interval == 0 or not by_batch
    since = as_of - look.looked_at
    return since < 0 or since >= monitor.interval - MINUTE // 4  # a timer is never exact


def definition_of(monitor: Monitor) -> str:
    return hashlib.sha256(monitor.model_dump_json(include=DECIDES).encode()).hexdigest()[:16]


class Tick:
    """as_of: what 'now' means to it, µs UTC."""

    def __init__(self, alerts: Alerts, monitors: dict[str, Monitor], asks: Asks, voice: Voice, as_of: int) -> None:
        self.alerts, self.monitors, self.asks, self.voice, self.as_of = alerts, monitors, asks, voice, as_of
        self.changes, self.looks, self.measures = Changes(), alerts.looks(), alerts.measures()
        lasting = {name for name in {*monitors, *self.looks} if name not in monitors or not monitors[name].what.is_each}
        self.instances = {
            (each.monitor, each.labels): self._instance(each) for each in alerts.states(sorted(lasting), TROUBLE)
        }
        self.readings: dict[tuple[str, Labels], Reading] = {}
        self.not_set_up: dict[str, str] = {}  # monitor -> what is missing

    def _instance(self, last: Transition) -> Instance:
        measure = self.measures.get((last.monitor, last.labels))
        return Instance(last.state, last.changed_at, measure.held_at if measure else last.held_at)

    def run(self, names: Collection[str]) -> Changes:
        """Looks, and commits. names: of the monitors that are due."""
        for name in sorted(set(self.looks) - set(self.monitors)):
            self._reset(name, "the monitor is gone")
            self.changes.looks[name] = None
        for name in names:
            self._look(name, self.monitors[name], self.looks.get(name))
        self._forget_what_rests()
        firing = [key for key, instance in self.instances.items() if instance.is_told]
        stale = stale_sources(firing, self.monitors)
        mutes = Mutes(self.as_of, self.voice.zone, tuple(self.alerts.silences(self.as_of)), stale)
        self.changes.notes += Groups(self, mutes).notes()
        self.alerts.commit(self.changes)
        return self.changes

    def _look(self, name: str, monitor: Monitor, look: Look | None) -> None:
        definition, position = definition_of(monitor), look.position if look else 0
        if look is not None and look.definition != definition:
            self._reset(name, "the monitor was edited")
        missed = look is not None and not -MINUTE < self.as_of - look.looked_at < max(3 * monitor.interval, MISSED)
        try:
            position = self._measured(name, monitor, look, missed)
        except NotYet:
            return
        except NotSetUp as missing:
            self.not_set_up[name] = str(missing)
            self._reset(name, str(missing))
        except (
            AskError,
            ArithmeticError,
            LookupError,
            TypeError,
            ValueError,
        ) as error:  # a fault of one stops no other
            for reading in read_error(monitor, str(error)):
                self._step(name, monitor, reading, missed)
        self.changes.looks[name] = Look(name, definition, self.as_of, position)

    def _measured(self, name: str, monitor: Monitor, look: Look | None, missed: bool) -> int:
        """Returns up to which batch its actions are seen by now."""
        if monitor.what.gap is not None:
            self._happened(name, gap_event(monitor.what.gap, look, self.as_of))
        elif monitor.what.action is None:
            rows = self.asks.rows(monitor.what, self.as_of)
            for reading in read_rows(monitor, rows, self._known(name)):
                self._step(name, monitor, reading, missed)
        else:
            self._act(name, monitor, look)
            self._step(name, monitor, Reading(TROUBLE, "good"), missed)
        return self.asks.position

    def _act(self, name: str, monitor: Monitor, look: Look | None) -> None:
        """What a monitor that is new finds in old batches is told only where it is not older than max_age."""
        rows = self.asks.actions(monitor.what, look.position if look else 0, self.asks.position)
        young = [row for row in rows if row["at"] > self.as_of - monitor.what.max_age]
        if monitor.what.is_each:
            old = len(rows) - len(young) if look else 0
            seen = self.alerts.seen(name, [key_of(row["event"]) for row in young])
            new = [row for row in young if key_of(row["event"]) not in seen]
            return self._happened(name, events(monitor.what, new, old))
        for reading in counted(monitor.what, rows if look else young, self._known(name), self._told(name)):
            self._step(name, monitor, reading, False)

    def _happened(self, name: str, found: list[Reading]) -> None:
        """What happens once fires, and is over as soon as that is written."""
        for reading in found:
            for state in (reading.fires_as, RESOLVED):
                self._write(name, reading, Instance(state, self.as_of, self.as_of))
            self.readings[name, reading.labels] = reading

    def _step(self, name: str, monitor: Monitor, reading: Reading, missed: bool) -> None:
        key, rules = (name, reading.labels), Rules(monitor.wait, monitor.keep_firing_for)
        before = self.instances.get(key, Instance())
        after = step(rules, before, reading.verdict, self.as_of, reading.fires_as, missed)
        if (after.state, after.since) != (before.state, before.since):
            again = "not looked at for too long, so it begins anew" if before.state == after.state == PENDING else ""
            self._write(name, replace(reading, reason=reading.reason or again), after)
        self.instances[key] = after
        if reading.verdict != "keep":
            self.readings[key] = reading
            self.changes.measures[key] = self._measure(name, reading, after)

    def _measure(self, name: str, reading: Reading, after: Instance) -> Measure:
        history, row = json.dumps(reading.history), json.dumps(reading.row, default=str, ensure_ascii=False)
        value = (reading.value, reading.threshold)
        return Measure(name, reading.labels, *value, after.held_at, self.as_of, history, row)

    def _write(self, name: str, reading: Reading, after: Instance) -> None:
        told = (reading.value, reading.threshold, reading.reason)
        moved = Transition(name, reading.labels, after.state, self.as_of, after.held_at, *told)
        self.changes.transitions.append(moved)

    def _reset(self, name: str, why: str) -> None:
        for key, before in self.instances.items():
            after = reset(before, self.as_of)
            if key[0] == name and after is not before:
                self._write(name, Reading(key[1], "good", reason=why), after)
                self.instances[key] = after
        for key in [key for key in self.measures if key[0] == name]:
            del self.measures[key]
            self.changes.measures[key] = None

    def _known(self, name: str) -> dict[Labels, Measure | None]:
        """Instances that are not at rest, and those of which something is remembered."""
        active = [
            key for key, each in self.instances.items() if key[0] == name and (each.is_told or each.state == PENDING)
        ]
        remembered = [key for key in self.measures if key[0] == name]
        return {key[1]: self.measures.get(key) for key in [*remembered, *active]}

    def _told(self, name: str) -> set[Labels]:
        return {labels for (of, labels), each in self.instances.items() if of == name and each.is_told}

    def _forget_what_rests(self) -> None:
        """Of an instance at rest nothing is remembered, but where the next look compares with it, or it is the only one."""
        for (name, labels), measure in list(self.changes.measures.items()):
            rests = not (each := self.instances.get((name, labels), Instance())).is_told and each.state != PENDING
            condition = self.monitors[name].condition if name in self.monitors else None
            compared = condition is not None and (condition.changed or condition.absent)
            if measure is not None and rests and labels != ALL and not compared:
                self.changes.measures[name, labels] = None
