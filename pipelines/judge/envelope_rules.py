"""The rules of the envelope, one record at a time: which values an event may have, and the exact reason why not.

Here lies the law; the fast path only recognises records about which these rules would say yes without a note. Native and
mapped records meet here. Source: the table of bad input and the page on events in the design.
"""

from collections.abc import Callable
from typing import Any

from pipelines.config.sources import Source
from pipelines.envelope import RecordRefused
from pipelines.judge.event import Event, Said
from pipelines.judge.id_rules import PLACEHOLDERS, IdRules, bare, has_controls, integer_text, kind_of
from pipelines.judge.remembered import remembered
from pipelines.judge.timestamps import Moment, time_reader
from pipelines.moments import micros

DAY = 86_400_000_000


class EnvelopeRules:
    """The rules of one source. `judge` accepts or raises RecordRefused; texts and the payload hash are the caller's."""

    def __init__(self, source: Source) -> None:
        self._source, self._limits = source, source.limits
        self._id_rules = IdRules(source)
        self._read_time: Callable[[Any], Moment] = remembered(time_reader(source.time, source.format == "parquet"))
        self.event_name: Callable[[Any], str] = remembered(self._event_name)
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
        self._id_rules.apply(event, said.ids)
        self._object("properties", said.properties)
        self._object("context", said.context)
        return event

    # ---- event_id and name

    def event_id(self, value: Any) -> str | None:
        """None when the record carries none: it gets one made from the file."""
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return integer_text("event_id", value)
        if not isinstance(value, str):
            raise RecordRefused("illegal_event_id", f"event_id is {kind_of(value)}, not text")
        if (word := bare(value)) in PLACEHOLDERS and word != "0":
            raise RecordRefused(
                "illegal_event_id", f"event_id is the placeholder {value!r}; leave it out or send a real one"
            )
        if len(value) > self._limits.max_id_chars:
            raise RecordRefused(
                "illegal_event_id",
                f"event_id has {len(value)} characters, at most {self._limits.max_id_chars}",
            )
        if has_controls(value):
            raise RecordRefused("illegal_event_id", "event_id holds control characters")
        return value

    def _event_name(self, value: Any) -> str:
        """Errors: RecordRefused missing_field, bad_type, size_violation."""
        if value is None:
            raise RecordRefused("missing_field", "event_name is missing")
        if not isinstance(value, str):
            raise RecordRefused("bad_type", f"event_name is {kind_of(value)}, not text")
        if not value.strip():
            raise RecordRefused("missing_field", "event_name is empty")
        if len(value) > self._limits.max_name_chars:
            raise RecordRefused(
                "size_violation",
                f"event_name has {len(value)} characters, at most {self._limits.max_name_chars}",
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

    def _object(self, name: str, value: Any) -> None:
        if value is not None and not isinstance(value, dict):
            raise RecordRefused("bad_type", f"{name} is {kind_of(value)}, not an object")
