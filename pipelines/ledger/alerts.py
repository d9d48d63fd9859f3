"""What monitors saw, decided and said. A look commits all of it in one transaction, so that it happened whole or not at all.

The state of an instance is the fold of its transitions, which is the last one; the rest is what the next look needs to know.
"""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, fields

import sqlalchemy as sa

from pipelines.ledger import MOST_NAMES, Ledger
from pipelines.ledger.alone import alone
from pipelines.ledger.tables import (
    alert_acknowledgements,
    alert_looks,
    alert_measures,
    alert_notes,
    alert_silences,
    alert_transitions,
    deliveries,
)

AT_REST = ("normal", "resolved")
ONCE, RESOLVE = "once", "resolve"  # kinds of notes after which a group has nothing open


@dataclass(frozen=True, slots=True)
class Transition:
    """labels: JSON object, keys sorted. changed_at, held_at (when it was last bad): µs UTC."""

    monitor: str
    labels: str
    state: str
    changed_at: int
    held_at: int = 0
    value: float | None = None
    threshold: float | None = None
    reason: str = ""
    transition: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """history: JSON list of the values before and now; row: JSON object, what the query said."""

    monitor: str
    labels: str
    value: float | None
    threshold: float | None
    held_at: int
    measured_at: int
    history: str = "[]"
    row: str = "{}"


@dataclass(frozen=True, slots=True)
class Look:
    """definition: hash of what the monitor was; position: the last batch whose actions it has seen."""

    monitor: str
    definition: str
    looked_at: int
    position: int


@dataclass(frozen=True, slots=True)
class Note:
    """kind: once, first, update, repeat or resolve. text: what the incident's message says from then on; reply: '' for none.

    grouped, firing, channels: JSON.
    """

    incident: str
    monitor: str
    grouped: str
    kind: str
    text: str
    reply: str
    channels: str
    decided_at: int
    firing: str = "[]"
    person: str | None = None
    send_at: int = 0
    is_sent: int = 0
    note: int = 0


@dataclass(frozen=True, slots=True)
class Silence:
    """monitor: its name, or * for all. labels: JSON object of those that must be equal."""

    monitor: str
    labels: str
    starts_at: int
    ends_at: int
    author: str
    reason: str
    silence: int = 0


@dataclass(slots=True)
class Changes:
    """What one look commits. measures: (monitor, labels) -> what is kept of it; None: nothing any more."""

    transitions: list[Transition] = field(default_factory=list)
    measures: dict[tuple[str, str], Measure | None] = field(default_factory=dict)
    looks: dict[str, Look | None] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


class Alerts:
    """The tables, by monitor."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def alone(self, wait_seconds: float = 0) -> AbstractContextManager[None]:
        """One look at a time. Errors: Busy."""
        return alone(self._ledger, "alerts", wait_seconds)

    def alone_sending(self) -> AbstractContextManager[None]:
        """One process sends; who finds it busy leaves its notes to it. Errors: Busy."""
        return alone(self._ledger, "alerts-sending")

    def commit(self, changes: Changes) -> None:
        """One transaction."""
        new = [(alert_transitions, each, "transition") for each in changes.transitions]
        new += [(alert_notes, each, "note") for each in changes.notes]
        new += [(alert_measures, each, "") for each in changes.measures.values() if each]
        new += [(alert_looks, each, "") for each in changes.looks.values() if each]
        inserts = [table.insert().values(**_row(each, number)) for table, each, number in new]
        self._ledger.change(*_forgotten(changes), *inserts)

    def looks(self) -> dict[str, Look]:
        return {row["monitor"]: Look(**row) for row in self._ledger.rows(sa.select(alert_looks))}

    def states(self, monitors: Collection[str], labels: str) -> list[Transition]:
        """The last transition of each of their instances that are not at rest, and of any monitor's with these labels."""
        of_theirs = alert_transitions.c.monitor.in_(monitors) | (alert_transitions.c.labels == labels)
        keys = (alert_transitions.c.monitor, alert_transitions.c.labels)
        last = sa.select(sa.func.max(alert_transitions.c.transition)).where(of_theirs).group_by(*keys)
        moved = (alert_transitions.c.transition.in_(last)) & (alert_transitions.c.state.not_in(AT_REST))
        query = sa.select(alert_transitions).where(moved)
        return [Transition(**row) for row in self._ledger.rows(query)]

    def seen(self, monitor: str, labels: Collection[str]) -> set[str]:
        """Those of the labels that the monitor had an instance of at any time."""
        of_it = alert_transitions.c.monitor == monitor
        query = sa.select(alert_transitions.c.labels).where(of_it).distinct()
        wanted, found = sorted(labels), set()
        for start in range(0, len(wanted), MOST_NAMES):
            part = query.where(alert_transitions.c.labels.in_(wanted[start : start + MOST_NAMES]))
            found |= {row["labels"] for row in self._ledger.rows(part)}
        return found

    def transitions(self, monitor: str | None = None) -> list[Transition]:
        """All of them, in order."""
        query = sa.select(alert_transitions).order_by(alert_transitions.c.transition)
        chosen = query if monitor is None else query.where(alert_transitions.c.monitor == monitor)
        return [Transition(**row) for row in self._ledger.rows(chosen)]

    def last_transition(self) -> int:
        query = sa.select(sa.func.coalesce(sa.func.max(alert_transitions.c.transition), 0).label("last"))
        return self._ledger.rows(query)[0]["last"]

    def measures(self) -> dict[tuple[str, str], Measure]:
        return {(row["monitor"], row["labels"]): Measure(**row) for row in self._ledger.rows(sa.select(alert_measures))}

    def open_notes(self) -> dict[tuple[str, str], Note]:
        """(monitor, grouped) -> the last note of each group that has something open."""
        keys = (alert_notes.c.monitor, alert_notes.c.grouped)
        last = sa.select(sa.func.max(alert_notes.c.note)).where(alert_notes.c.kind != ONCE).group_by(*keys)
        query = sa.select(alert_notes).where(alert_notes.c.note.in_(last), alert_notes.c.kind != RESOLVE)
        return {(note.monitor, note.grouped): note for note in self._notes(query)}

    def of_incident(self, incident: str) -> list[Note]:
        return self._notes(sa.select(alert_notes).where(alert_notes.c.incident == incident))

    def told(self) -> list[tuple[str, int, int]]:
        """(monitor, incidents, those of them that are over)"""
        is_over = sa.case((alert_notes.c.kind.in_((ONCE, RESOLVE)), 1), else_=0)
        counts = (sa.func.count(alert_notes.c.incident.distinct()), sa.func.sum(is_over))
        query = sa.select(alert_notes.c.monitor, counts[0].label("told"), counts[1].label("over"))
        found = self._ledger.rows(query.group_by(alert_notes.c.monitor).order_by(alert_notes.c.monitor))
        return [(row["monitor"], row["told"], int(row["over"])) for row in found]

    def unsent(self, at: int) -> list[str]:
        """Incidents with a note that is due at a moment and not sent, the oldest first; but for those that are stopped."""
        stopped = sa.select(deliveries.c.unit).where(deliveries.c.state == "failed", deliveries.c.stopped == 1)
        due = (alert_notes.c.is_sent == 0) & (alert_notes.c.send_at <= at) & alert_notes.c.incident.not_in(stopped)
        return list(dict.fromkeys(note.incident for note in self._notes(sa.select(alert_notes).where(due))))

    def mark_sent(self, notes: Sequence[Note]) -> None:
        numbers = [each.note for each in notes]
        self._ledger.change(alert_notes.update().where(alert_notes.c.note.in_(numbers)).values(is_sent=1))

    def silences(self, at: int) -> list[Silence]:
        """Those that hold at a moment."""
        holds = (alert_silences.c.starts_at <= at) & (alert_silences.c.ends_at > at)
        return [Silence(**row) for row in self._ledger.rows(sa.select(alert_silences).where(holds))]

    def silence(self, silence: Silence) -> None:
        self._ledger.change(alert_silences.insert().values(**_row(silence, "silence")))

    def acknowledged(self) -> dict[str, str]:
        """Incident -> who said so."""
        rows = self._ledger.rows(sa.select(alert_acknowledgements))
        return {row["incident"]: row["author"] for row in rows}

    def acknowledge(self, incident: str, author: str, at: int) -> None:
        """Once more by another is no error: the last one counts."""
        told = {"incident": incident, "author": author, "acknowledged_at": at}
        before = alert_acknowledgements.delete().where(alert_acknowledgements.c.incident == incident)
        self._ledger.change(before, alert_acknowledgements.insert().values(**told))

    def _notes(self, query: sa.Select) -> list[Note]:
        return [Note(**row) for row in self._ledger.rows(query.order_by(alert_notes.c.note))]


def _forgotten(changes: Changes) -> list[sa.Delete]:
    """What is written anew goes first."""
    measures = [
        alert_measures.delete().where(alert_measures.c.monitor == monitor, alert_measures.c.labels == labels)
        for monitor, labels in changes.measures
    ]
    return [*measures, *(alert_looks.delete().where(alert_looks.c.monitor == name) for name in changes.looks)]


def _row(each: Transition | Measure | Look | Note | Silence, number: str) -> dict:
    """Without its number, which the table gives."""
    return {name: value for name, value in asdict(each).items() if name != number}


for _kind, _table in (
    (Transition, alert_transitions),
    (Measure, alert_measures),
    (Look, alert_looks),
    (Note, alert_notes),
    (Silence, alert_silences),
):
    assert {each.name for each in fields(_kind)} == set(_table.columns.keys()), _kind
