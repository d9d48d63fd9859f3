"""Judged records as Arrow tables."""

import hashlib
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pipelines.envelope import (
    EVENT_SCHEMA,
    QUARANTINE_SCHEMA,
    RAW_KEPT_BYTES,
    VERSION,
    RecordRefused,
    event_start,
)
from pipelines.files.records import Block, Span
from pipelines.judge.event import Event

Numbered = tuple[int, Event]  # the record's index in its block


@dataclass(slots=True)
class Judged:
    """What became of one block. Numbers in both tables are the records' numbers in the file, for the caller to shift."""

    records: int = 0
    blank: int = 0
    events: pa.Table = field(default_factory=EVENT_SCHEMA.empty_table)
    id_hashes: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.uint64))
    missing: list[tuple[int, int]] = field(default_factory=list)
    quarantine: pa.Table = field(default_factory=QUARANTINE_SCHEMA.empty_table)
    quarantine_ends: list[int] = field(default_factory=list)


def event_table(block: Block, events: list[Numbered]) -> pa.Table:
    """EVENT_SCHEMA, one row an event."""
    only = [event for _, event in events]
    columns = {
        "event_number": [block.first_record + index for index, _ in events],
        "source": [block.source] * len(only),
        "other_ids": [event.other_ids for event in only],
        "note": ["; ".join(event.notes) or None for event in only],
    }
    for name in EVENT_SCHEMA.names:
        if name not in columns:
            columns[name] = [getattr(event, name) for event in only]
    arrays = [pa.array(columns[each.name], each.type) for each in EVENT_SCHEMA]
    return pa.Table.from_arrays(arrays, schema=EVENT_SCHEMA)


def id_hashes(source: str, event_ids: pa.ChunkedArray) -> np.ndarray:
    """uint64[n, 2]: event_hash of each; zeros where there is no id."""
    from pipelines.kernels.blake2b import digests  # numba takes most of a second to import
    from pipelines.kernels.memory import padded

    column = pa.array(event_ids.combine_chunks(), pa.string())
    _, places, texts = column.buffers()
    if texts is None or not len(column):
        return np.zeros((len(column), 2), np.uint64)
    offsets = np.frombuffer(places, np.int32, len(column) + 1, 4 * column.offset)
    memory = padded(memoryview(texts)[: offsets[-1]])
    is_there = column.is_valid().to_numpy(zero_copy_only=False)
    sizes = np.where(is_there, np.diff(offsets), np.int32(-1))
    return digests(event_start(source), memory.ctypes.data + offsets[:-1].astype(np.int64), sizes)


@dataclass
class Refusals:
    """Quarantine rows of one block, in the making."""

    block: Block
    rows: list[dict] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._newlines: np.ndarray | None = None

    def add(self, index: int, span: Span, refused: RecordRefused) -> None:
        raw = self.block.data[span[0] : span[1]]
        row = self._row(index, refused)
        row |= {"line": self._line(span[0]), "byte_offset": self.block.byte_offset + span[0]}
        row |= {
            "raw": raw[:RAW_KEPT_BYTES],
            "raw_size": len(raw),
            "raw_sha256": hashlib.sha256(raw).hexdigest(),
        }
        self.rows.append(row)
        self.ends.append(span[1])

    def _line(self, start: int) -> int:
        """The physical line of the record that starts at data[start]."""
        if self._newlines is None:
            self._newlines = np.flatnonzero(np.frombuffer(self.block.data, np.uint8) == ord("\n"))
        before, lead = np.searchsorted(self._newlines, (start, self.block.lead))
        return self.block.first_line + int(before - lead)

    def add_oversize(self, span: Span, refused: RecordRefused) -> None:
        large = self.block.oversize
        assert large is not None
        row = self._row(0, refused) | {"line": self.block.first_line, "byte_offset": large.byte_offset}
        row |= {"raw": large.head, "raw_size": large.size, "raw_sha256": large.sha256}
        self.rows.append(row)
        self.ends.append(span[1])

    def _row(self, index: int, refused: RecordRefused) -> dict:
        number = self.block.first_record + index
        return {
            "quarantine_number": number,
            "record_id": None,
            "source": self.block.source,
            "reason": refused.reason,
            "detail": refused.detail,
            "file": self.block.file,
            "record": number,
            "received_at": self.block.received_at,
            "event_id": refused.event_id,
            "version": VERSION,
        }

    def table(self) -> pa.Table:
        if not self.rows:
            return QUARANTINE_SCHEMA.empty_table()
        arrays = [pa.array([row[each.name] for row in self.rows], each.type) for each in QUARANTINE_SCHEMA]
        return pa.Table.from_arrays(arrays, schema=QUARANTINE_SCHEMA)


def conflict_rows(block: Block, events: pa.Table) -> pa.Table:
    """Quarantine rows for judged events of this block whose id was committed with another payload.

    record_id: the event_id and the payload's hash, so the same conflicting copy has the same one whenever it comes.
    """
    refusals, record_ids = Refusals(block), []
    spans = block.spans() if events.num_rows else []
    for event in events.select(["event_number", "event_id", "payload_hash"]).to_pylist():
        refused = RecordRefused("duplicate_conflict", "another payload was committed under this event_id")
        refused.event_id = event["event_id"]
        index = event["event_number"] - block.first_record
        refusals.add(index, spans[index], refused)
        record_ids.append(f"{event['event_id']}#{event['payload_hash']:016x}")
    return refusals.table().set_column(1, QUARANTINE_SCHEMA.field(1), pa.array(record_ids, pa.string()))
