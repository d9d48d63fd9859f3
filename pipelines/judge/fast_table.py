"""What a pass over lines recognised, as an Arrow table. Texts that are not plainly fine are looked at; what fails is left out."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from pipelines.config.sources import ID_KINDS, Source
from pipelines.envelope import EVENT_SCHEMA, MOMENT, OTHER_IDS, RecordRefused
from pipelines.files.records import Block
from pipelines.judge.envelope_rules import EnvelopeRules
from pipelines.judge.text_columns import is_fine
from pipelines.kernels import native_lines as at
from pipelines.kernels.columns import gather
from pipelines.kernels.memory import padded

_EMPTY = padded(b"{}")


@dataclass(slots=True)
class Recognised:
    """Row by row (the last axis), as pipelines.kernels.native_lines.scan gives it. `data`: what the addresses point into."""

    data: np.ndarray
    lines: np.ndarray
    starts: np.ndarray
    sizes: np.ndarray
    times: np.ndarray
    hashes: np.ndarray
    doubted: np.ndarray

    def where(self, mask: np.ndarray) -> "Recognised":
        parts = ("lines", "starts", "sizes", "times", "hashes", "doubted")
        return replace(self, **{part: np.compress(mask, getattr(self, part), axis=-1) for part in parts})

    def texts(self, column: int) -> pa.Array:
        return _texts(self.starts[column], self.sizes[column])

    def moments(self, row: int, column: int | None = None) -> pa.Array:
        """Null where `column` has no text."""
        mask = None if column is None else self.sizes[column] < 0
        return pa.array(self.times[row], mask=mask).view(MOMENT)


class FastTable:
    """Builds tables for one source."""

    def __init__(self, source: Source) -> None:
        self._most, self._rules = source.limits.max_id_chars, EnvelopeRules(source)
        self._others = pa.array(sorted(source.id_kinds), pa.string())

    def build(self, block: Block, found: Recognised) -> tuple[pa.Table, np.ndarray]:
        """(EVENT_SCHEMA rows in the order of the block, indexes of their lines)"""
        if found.doubted.any():
            found = found.where(self._are_good(found))
        is_absent = found.sizes[at.PROPERTIES] < 0
        found.starts[at.PROPERTIES, is_absent], found.sizes[at.PROPERTIES, is_absent] = _EMPTY.ctypes.data, 2
        columns = {
            "event_number": pa.array(found.lines + block.first_record),
            "source": _repeated(block.source, len(found.lines)),
            "event_id": found.texts(at.EVENT_ID),
            "event_name": found.texts(at.EVENT_NAME),
            "occurred_at": found.moments(at.OCCURRED),
            "sent_at": found.moments(at.SENT, at.SENT_AT),
            "received_at": found.moments(at.RECEIVED),
            "raw_timestamp": found.texts(at.TIMESTAMP),
            "other_ids": self._other_ids(found),
            "properties": found.texts(at.PROPERTIES),
            "context": found.texts(at.CONTEXT),
            "note": pa.nulls(len(found.lines), pa.string()),
            "payload_hash": pa.array(found.hashes),
        }
        columns |= {f"{kind}_id": found.texts(at.KINDS + number) for number, kind in enumerate(ID_KINDS)}
        return pa.Table.from_arrays([columns[each.name] for each in EVENT_SCHEMA], schema=EVENT_SCHEMA), found.lines

    def _are_good(self, found: Recognised) -> np.ndarray:
        """bool: whether all texts of a row that looked odd are fine."""
        good = np.ones(len(found.lines), bool)
        for column in range(len(found.sizes)):
            rows = np.flatnonzero(found.doubted >> column & 1)
            if len(rows):
                texts = _texts(found.starts[column, rows], found.sizes[column, rows])
                good[rows] &= self._good_names(texts) if column == at.EVENT_NAME else is_fine(texts, self._most)
        return good

    def _good_names(self, names: pa.Array) -> np.ndarray:
        unique = names.dictionary_encode()
        good = np.array([self._is_good_name(name) for name in unique.dictionary.to_pylist()], bool)
        return good[unique.indices.to_numpy()]

    def _is_good_name(self, name: str) -> bool:
        try:
            return bool(self._rules.event_name(name))
        except RecordRefused:
            return False

    def _other_ids(self, found: Recognised) -> pa.Array:
        """list<{kind, value}>, by kind; null where there is none."""
        first = at.KINDS + len(ID_KINDS)
        starts, sizes = found.starts[first:].T, found.sizes[first:].T
        is_there = sizes >= 0
        counts = is_there.sum(axis=1)
        if not counts.any():
            return pa.nulls(len(counts), OTHER_IDS)
        kinds = self._others.take(pa.array(np.nonzero(is_there)[1]))
        values = _texts(starts[is_there], sizes[is_there])
        pairs = pa.StructArray.from_arrays([kinds, values], fields=list(OTHER_IDS.value_type))
        offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
        return pa.ListArray.from_arrays(offsets, pairs, type=OTHER_IDS, mask=pa.array(counts == 0))


def _texts(starts: np.ndarray, sizes: np.ndarray) -> pa.Array:
    """Null where a size is negative."""
    is_there = sizes >= 0
    if not is_there.any():
        return pa.nulls(len(sizes), pa.string())
    validity = None if is_there.all() else pa.py_buffer(np.packbits(is_there, bitorder="little"))
    buffers = [validity, *(pa.py_buffer(each) for each in gather(starts, sizes))]
    return pa.Array.from_buffers(pa.string(), len(sizes), buffers)


def _repeated(text: str, count: int) -> pa.Array:
    raw = text.encode()
    offsets = np.arange(count + 1, dtype=np.int32) * np.int32(len(raw))
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(raw * count)])
