"""The native envelope: what an event looks like on the wire."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

import orjson

from simulator.days import MINUTE, SECOND
from simulator.events import Event

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def envelope(event: Event, received_at: int) -> dict[str, object]:
    """One record. A browser stamps with its own clock and offset; the collector and the servers are right."""
    if event.device is None:
        stamps = {"timestamp": stamp(event.occurred_at, 6), "received_at": stamp(received_at, 6)}
    else:
        error, offset = event.device.clock_error, event.device.offset_minutes
        stamps = {
            "timestamp": stamp(event.occurred_at + error, 3, offset),
            "sent_at": stamp(received_at + error, 3, offset),
            "received_at": stamp(received_at, 3),
        }
    record: dict[str, object] = {"event_id": event.event_id, "event_name": event.event_name, **stamps}
    record["ids"], record["properties"] = event.ids, event.properties
    if event.context is not None:
        record["context"] = event.context
    return record


def encode(record: dict[str, object]) -> bytes:
    """Compact JSON, without the newline."""
    return orjson.dumps(record)


def stamp(at: int, digits: int = 6, offset_minutes: int = 0) -> str:
    """RFC 3339 with 3 or 6 fraction digits, in which the time must be exact: nothing is rounded away here."""
    minute, rest = divmod(at + offset_minutes * MINUTE, MINUTE)
    text = f"{_minute_text(minute)}:{rest / SECOND:09.6f}"
    return f"{text[: 20 + digits]}{_offset_text(offset_minutes)}"


@lru_cache(maxsize=200_000)
def _minute_text(minute: int) -> str:
    return (_EPOCH + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M")


def _offset_text(minutes: int) -> str:
    if not minutes:
        return "Z"
    hour, minute = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hour:02d}:{minute:02d}"
