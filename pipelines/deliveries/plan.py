"""From a thread to the ledger's rows: what is new is planned, what is known is recognised, also after persons were merged."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256

from pipelines.deliveries.channel import Unit
from pipelines.deliveries.messages import File, Message, Thread
from pipelines.ledger.deliveries import Deliveries, Delivery

PersonOf = Callable[[str], str]  # 'namespace/kind/value' of any id -> the person it leads to now


@dataclass(frozen=True, slots=True)
class _Part:
    """What becomes a unit."""

    unit: str
    kind: str
    content: Message | File
    position: int
    person: str | None = None


def plan(
    deliveries: Deliveries, thread: Thread, address: str, person_of: PersonOf, files_apart: bool = True
) -> list[Unit]:
    """The thread's units, parent first, each message before its files; those that the ledger lacked are planned."""
    where = (thread.report, thread.date.isoformat(), address)
    known = deliveries.of_thread(*where)
    parts = list(_parts(thread, _units_of(thread, known, person_of), files_apart))
    there = {row.unit for row in known}
    deliveries.plan([_row(where, part) for part in parts if part.unit not in there])
    rows = {row.unit: row for row in deliveries.of_thread(*where)}
    return [Unit(rows[part.unit], part.content, part.position, parts[0].unit) for part in parts]


def content_hash(content: Message | File) -> str:
    if isinstance(content, File):
        return sha256(content.content).hexdigest()
    said = asdict(content) | {"files": [each.name for each in content.files]}
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _parts(thread: Thread, units: dict[str, str], files_apart: bool) -> Iterator[_Part]:
    for position, message in enumerate(thread.messages):
        unit = units[message.key]
        yield _Part(unit, "reply" if position else "parent", message, position, message.person)
        for file in message.files if files_apart else ():
            yield _Part(f"{unit}/{file.name}", "file", file, position)


def _row(where: tuple[str, str, str], part: _Part) -> Delivery:
    return Delivery(*where, part.unit, part.kind, part.person, content_hash(part.content))


def _units_of(thread: Thread, known: list[Delivery], person_of: PersonOf) -> dict[str, str]:
    """A message's key -> the unit it is: itself, or what was planned about the same person under another id."""
    own = {message.key for message in thread.messages}
    others = [row for row in known if row.person and row.unit not in own]
    persons = {person_of(row.person): row.unit for row in sorted(others, key=_is_sent) if row.person}
    units = {row.unit for row in known}
    return {each.key: _unit(each, units, persons, person_of) for each in thread.messages}


def _is_sent(row: Delivery) -> bool:
    return row.state == "sent"


def _unit(message: Message, units: set[str], persons: dict[str, str], person_of: PersonOf) -> str:
    """Each other row stands for one message at most."""
    if message.key in units or message.person is None:
        return message.key
    return persons.pop(person_of(message.person), message.key)
