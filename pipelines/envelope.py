"""What an event is once it was judged: its columns, the columns of quarantine, the reason codes, the identity hashes.

The words shared by whoever reads files, judges records and writes segments. How a record is judged does not belong here.
"""

import hashlib
import json
from importlib import metadata

import orjson
import pyarrow as pa

VERSION = metadata.version("trailhouse")

MOMENT = pa.timestamp("us", tz="UTC")
OTHER_IDS = pa.list_(pa.struct([("kind", pa.string()), ("value", pa.string())]))

EVENT_SCHEMA = pa.schema(
    [
        pa.field("event_number", pa.int64(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("event_id", pa.string()),
        pa.field("event_name", pa.string(), nullable=False),
        pa.field("occurred_at", MOMENT, nullable=False),
        pa.field("sent_at", MOMENT),
        pa.field("received_at", MOMENT, nullable=False),
        pa.field("raw_timestamp", pa.string(), nullable=False),
        pa.field("user_id", pa.string()),
        pa.field("anonymous_id", pa.string()),
        pa.field("other_user_id", pa.string()),
        pa.field("other_ids", OTHER_IDS),
        pa.field("properties", pa.string(), nullable=False),
        pa.field("context", pa.string()),
        pa.field("note", pa.string()),
        pa.field("payload_hash", pa.uint64(), nullable=False),
    ]
)

QUARANTINE_SCHEMA = pa.schema(
    [
        pa.field("quarantine_number", pa.int64(), nullable=False),
        pa.field("record_id", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("record", pa.int64(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("byte_offset", pa.int64(), nullable=False),
        pa.field("raw", pa.binary(), nullable=False),
        pa.field("raw_size", pa.int64(), nullable=False),
        pa.field("raw_sha256", pa.string(), nullable=False),
        pa.field("received_at", MOMENT, nullable=False),
        pa.field("event_id", pa.string()),
        pa.field("version", pa.string(), nullable=False),
    ]
)

RECORD_REASONS = frozenset(
    [
        "size_violation",
        "not_utf8",
        "not_json",
        "not_object",
        "too_deep",
        "duplicate_key",
        "number_out_of_range",
        "missing_field",
        "bad_type",
        "bad_timestamp",
        "timestamp_future",
        "illegal_event_id",
        "duplicate_conflict",
        "file_truncated",
        "internal_error",
    ]
)
FILE_REASONS = frozenset(["file_corrupt", "file_bomb", "file_mutated", "file_encoding", "file_unsupported"])
REASONS = RECORD_REASONS | FILE_REASONS

RAW_KEPT_BYTES = 64 << 10


class IngestError(Exception):
    """Base of what can go wrong between a file and its judged records."""


class FileRefused(IngestError):
    """A whole file cannot be read: `reason` is one of FILE_REASONS, `detail` says what was found."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail

    def __reduce__(self):  # an error must survive the way back from a worker process
        return FileRefused, (self.reason, self.detail)


class RecordRefused(IngestError):
    """One record cannot become an event: `reason` is one of RECORD_REASONS; `event_id` if one could be read."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail
        self.event_id: str | None = None


class Unreadable(RecordRefused):
    """The record has not even its form: at the end of a file that is what a cut looks like."""


def event_hash(source: str, event_id: str) -> bytes:
    """16 bytes that stand for an event's identity: (source, event_id)."""
    return hashlib.blake2b(event_start(source) + event_id.encode(), digest_size=16).digest()


def event_start(source: str) -> bytes:
    """What is hashed before the event_id."""
    return f"{source}\0".encode()


def payload_hash(name: str, raw_timestamp: object, ids: object, properties: object, context: object) -> int:
    """uint64 over what the sender said, keys sorted: two copies of one event are equal iff this is.

    `properties` and `context` that are absent count as {}: so does a sender that leaves out what is empty.
    """
    from pipelines.kernels.json_hash import canonical_hash  # numba takes most of a second to import

    return canonical_hash(canonical_json((name, raw_timestamp, ids or {}, properties or {}, context or {})))


def canonical_json(value: object) -> bytes:
    """Compact JSON with sorted keys; integers of any size stay exact."""
    return _dump(value, orjson.OPT_SORT_KEYS)


def json_text(value: object) -> str:
    """Compact JSON in the order of the keys; integers of any size stay exact."""
    return _dump(value, 0).decode()


def _dump(value: object, option: int) -> bytes:
    try:
        return orjson.dumps(value, option=option)
    except TypeError:  # orjson knows integers of 64 bits, no more
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=bool(option))
        return text.encode()
