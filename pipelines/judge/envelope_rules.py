"""The rules of the envelope, one record at a time: which values an event may have, and the exact reason why not.

Here lies the law; the fast path only recognises records about which these rules would say yes without a note. Native and
mapped records meet here. Source: the table of bad input and the page on events in the design.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pipelines.envelope import RecordRefused
from pipelines.judge.remembered import remembered
from pipelines.moments import micros
from pipelines.sources import Source
from pipelines.timestamps import Moment, time_reader

DAY = 86_400_000_000
PLACEHOLDERS = frozenset(
    ["null", "undefined", "anonymous", "guest", "id", "email", "true", "false", "0", "nan", "none"]
) | {
    "[object object]",
    "",
}
PADDING = " \t\r\n\f\v\u00a0\"'`"
PERSON_KINDS = ("user", "anonymous", "other_user")


@dataclass(slots=True)
class Said:
    """What a record says, before it is judged: JSON values, None where it is silent."""

    event_id: Any = None
    event_name: Any = None
    timestamp: Any = None
    sent_at: Any = None
    received_at: Any = None
    ids: Any = None
    properties: Any = None
    context: Any = None


@dataclass(slots=True)
class Event:
    """One accepted record. Times in microseconds UTC; properties and context as JSON text."""

    event_id: str | None
    event_name: str
    occurred_at: int
    sent_at: int | None
    received_at: int
    raw_timestamp: str
    user_id: str | None = None
    anonymous_id: str | None = None
    other_user_id: str | None = None
    other_ids: list[dict[str, str]] | None = None
    properties: str = "{}"
    context: str | None = None
    notes: list[str] = field(default_factory=list)
    payload_hash: int = 0
    unknown_ids: dict[str, Any] = field(default_factory=dict)


class EnvelopeRules:
    """The rules of one source. `judge` accepts or raises RecordRefused; texts and the payload hash are the caller's."""

    def __init__(self, source: Source) -> None:
        self._source, self._limits = source, source.limits
        self._read_time: Callable[[Any], Moment] = remembered(time_reader(source.time))
        self.earliest = micros(source.earliest)

    def judge(self, said: Said, received_at: int) -> Event:
        """received_at: the batch's time, for sources without a collector.

        Errors: RecordRefused with the first rule that is broken, in the order of the envelope.
        """
        event_id = self.event_id(said.event_id)
        try:
            return self._judge(said, event_id, received_at)
        except RecordRefused as refused:
            refused.event_id = event_id
            raise

    def _judge(self, said: Said, event_id: str | None, received_at: int) -> Event:
        notes: list[str] = []
        name = self.event_name(said.event_name)
        occurred, sent, received = self._times(said, received_at, notes)
        event = Event(event_id, name, occurred, sent, received, str(said.timestamp), notes=notes)
        self._ids(event, said.ids)
        self._object("properties", said.properties)
        self._object("context", said.context)
        return event

    # ---- event_id and name

    def event_id(self, value: Any) -> str | None:
        """None when the record carries none: it gets one made from the file."""
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return _integer_id("event_id", value)
        if not isinstance(value, str):
            raise RecordRefused("illegal_event_id", f"event_id is {_kind(value)}, not text")
        if (bare := _bare(value)) in PLACEHOLDERS and bare != "0":
            raise RecordRefused(
                "illegal_event_id", f"event_id is the placeholder {value!r}; leave it out or send a real one"
            )
        if len(value) > self._limits.max_id_chars:
            raise RecordRefused(
                "illegal_event_id", f"event_id has {len(value)} characters, at most {self._limits.max_id_chars}"
            )
        if has_controls(value):
            raise RecordRefused("illegal_event_id", "event_id holds control characters")
        return value

    def event_name(self, value: Any) -> str:
        """Errors: RecordRefused missing_field, bad_type, size_violation."""
        if value is None:
            raise RecordRefused("missing_field", "event_name is missing")
        if not isinstance(value, str):
            raise RecordRefused("bad_type", f"event_name is {_kind(value)}, not text")
        if not value.strip():
            raise RecordRefused("missing_field", "event_name is empty")
        if len(value) > self._limits.max_name_chars:
            raise RecordRefused(
                "size_violation", f"event_name has {len(value)} characters, at most {self._limits.max_name_chars}"
            )
        if has_controls(value):
            raise RecordRefused("bad_type", "event_name holds control characters")
        return value

    # ---- times

    def _times(self, said: Said, batch_at: int, notes: list[str]) -> tuple[int, int | None, int]:
        """(occurred_at, sent_at, received_at)"""
        moment = self._time("timestamp", said.timestamp, notes)
        if moment is None:
            raise RecordRefused("missing_field", "timestamp is missing")
        sent = self._time("sent_at", said.sent_at, notes)
        received = self._time("received_at", said.received_at, notes)
        if sent is not None and received is not None:
            moment += received - sent
        received = batch_at if received is None else received
        self._check_range(moment, received)
        return moment, sent, received

    def _time(self, name: str, value: Any, notes: list[str]) -> int | None:
        if value is None:
            return None
        try:
            moment, more = self._read_time(value)
        except RecordRefused as refused:
            raise RecordRefused(refused.reason, f"{name} {refused.detail}") from refused
        notes.extend(f"{name}: {note}" for note in more)
        return moment

    def _check_range(self, occurred: int, received: int) -> None:
        if min(occurred, received) < self.earliest:
            which = "timestamp" if occurred < self.earliest else "received_at"
            raise RecordRefused(
                "bad_timestamp", f"{which} lies before {self._source.earliest.date()}, the source's earliest"
            )
        if occurred > received + DAY:
            seconds = (occurred - received) // 1_000_000
            raise RecordRefused("timestamp_future", f"occurred {seconds} seconds after it was received")

    # ---- ids

    def _ids(self, event: Event, ids: Any) -> None:
        if ids is None:
            return
        if not isinstance(ids, dict):
            raise RecordRefused("bad_type", f"ids is {_kind(ids)}, not an object")
        others = []
        for kind, value in ids.items():
            text = self._id(kind, value, event.notes)
            if kind in PERSON_KINDS:
                setattr(event, f"{kind}_id", text)
            elif kind in self._source.id_kinds:
                others += [{"kind": kind, "value": text}] if text is not None else []
            elif value is not None:
                event.unknown_ids[kind] = value
        event.other_ids = sorted(others, key=lambda each: each["kind"]) or None
        if event.unknown_ids:
            kinds = ", ".join(sorted(event.unknown_ids))
            event.notes.append(f"ids: kind not declared, kept in context: {kinds:.100}")

    def _id(self, kind: str, value: Any, notes: list[str]) -> str | None:
        if value is None or (kind not in PERSON_KINDS and kind not in self._source.id_kinds):
            return None
        if isinstance(value, float | list | dict):
            raise RecordRefused("bad_type", f"ids.{kind} is {_kind(value)}, neither text nor an integer")
        text = str(value) if isinstance(value, str | bool) else _integer_id(f"ids.{kind}", value)
        if _bare(text) in PLACEHOLDERS:
            notes.append(f"ids.{kind}: placeholder {text[:40]!r} is no id")
            return None
        if len(text) > self._limits.max_id_chars:
            raise RecordRefused(
                "size_violation", f"ids.{kind} has {len(text)} characters, at most {self._limits.max_id_chars}"
            )
        if has_controls(text):
            raise RecordRefused("bad_type", f"ids.{kind} holds control characters")
        return text

    def _object(self, name: str, value: Any) -> None:
        if value is not None and not isinstance(value, dict):
            raise RecordRefused("bad_type", f"{name} is {_kind(value)}, not an object")


def has_controls(text: str) -> bool:
    """U+0000 to U+001F and U+007F: stores and terminals choke on them, and no name needs them."""
    return not text.isprintable() and any(character < " " or character == "\x7f" for character in text)


def _bare(text: str) -> str:
    """Without blanks and quotes around it, in lower case."""
    return text.strip(PADDING).lower()


def _integer_id(name: str, value: int) -> str:
    if not -(2**63) <= value < 2**63:
        raise RecordRefused("number_out_of_range", f"{name} is an integer beyond 64 bits; send it as text")
    return str(value)


def _kind(value: Any) -> str:
    """A JSON word for a value."""
    names = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "an array", type(None): "null"}
    return names.get(type(value), "an object")
