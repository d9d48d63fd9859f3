"""A record before and after it is judged by the rules of the envelope."""

from dataclasses import dataclass, field
from typing import Any


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
