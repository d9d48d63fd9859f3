"""The events of a history as their sources send them: files of native records."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from tests.laws.happenings import Event, moment

AS_OF = moment("2026-10-27 22:59")  # amid the events of one season: some of what they imply lies ahead
EPOCH = moment("1970-01-01 00:00")
OF_THE_EVENT = ("user", "anonymous", "other_user")  # kinds of ids that are columns of their own


def as_of(minute: int) -> datetime:
    return AS_OF + minute * timedelta(minutes=1)


def microseconds(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def send(root: Path, name: str, events: Iterable[Event]) -> None:
    """A file for each source, its records in the order of the events."""
    lines = defaultdict(list)
    for event in events:
        lines[event.source].append(json.dumps(_record(event)) + "\n")
    for source, said in lines.items():
        path = root / "inbox" / source / f"{name}.ndjson"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(said))


def _record(event: Event) -> dict:
    """Received when it happened: a moment of its own that does not depend on the batch."""
    ids = {kind: said for kind in OF_THE_EVENT if (said := getattr(event, f"{kind}_id"))}
    return {
        "event_id": event.event_id,
        "event_name": event.event_name,
        "timestamp": event.occurred_at.isoformat(),
        "received_at": event.occurred_at.isoformat(),
        "ids": ids | dict(event.other_ids),
        "properties": {name: said for name in ("plan", "email") if (said := getattr(event, name))},
        "context": _context(event),
    }


def _context(event: Event) -> dict:
    said: dict = {"page": {"path": event.path}} if event.path else {}
    return said | ({"user_agent": event.user_agent} if event.user_agent else {})
