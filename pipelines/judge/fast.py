"""The fast path for native records: it accepts lines about which nothing can be said, and leaves all others to native.py.

Its law: a line that it accepts is accepted by the slow path with the same row (tests/pipelines/judge/test_fast.py). One
compiled pass (pipelines.kernels.native_lines) finds the parts of all lines; fast_table.py makes columns of them.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pipelines.config.sources import ID_KINDS, Source
from pipelines.files.records import Block, Span
from pipelines.judge.fast_table import FastTable, Recognised
from pipelines.kernels.memory import PADDING, padded
from pipelines.kernels.native_lines import FIELDS, count_lines, scan
from pipelines.moments import micros


class LineSpans:
    """As block.spans() of lines: start and end of every record, made when asked for."""

    def __init__(self, data: np.ndarray, lead: int, ends: np.ndarray) -> None:
        self._starts = np.concatenate([[lead], ends[:-1] + 1])[: len(ends)]
        self._ends = ends - ((ends > self._starts) & (data[ends - 1] == ord("\r")))

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, index: int) -> Span:
        return int(self._starts[index]), int(self._ends[index])


class Lines(NamedTuple):
    """`events`: EVENT_SCHEMA rows in the order of the block; `rest`: indexes of the records that need a closer look."""

    events: pa.Table
    rest: list[int]
    spans: LineSpans


class Fast:
    """Native lines of one source that are plainly fine, in bulk."""

    def __init__(self, source: Source) -> None:
        limits = source.limits
        self._limits = [limits.max_event_bytes, limits.max_depth, limits.max_name_chars, limits.max_id_chars]
        self._limits.append(micros(source.earliest))
        names = [name.encode() for name in (*FIELDS, *ID_KINDS, *sorted(source.id_kinds))]
        self._names = [padded(name) for name in names]
        spans = [(kept.ctypes.data, len(name)) for kept, name in zip(self._names, names, strict=True)]
        self._name_spans = np.array(spans, np.int64)
        self._table = FastTable(source)
        self._memory = padded(b"")

    def read(self, block: Block) -> Lines:
        """The cut line at the end of a block, if there is one, is left to others."""
        data, size = self._padded(block.data), max(block.data.rfind(b"\n") + 1, block.lead)
        found, ends = self._scan(data, block, size)
        bad = _not_utf8(data[:size], block.lead, ends)
        found = found.where(~np.isin(found.lines, bad)) if bad else found
        events, lines = self._table.build(block, found)
        if len(block.data) > size:
            ends = np.append(ends, len(block.data))
        is_rest = np.ones(len(ends), bool)
        is_rest[lines] = False
        return Lines(events, np.flatnonzero(is_rest).tolist(), LineSpans(data, block.lead, ends))

    def _padded(self, raw: bytes) -> np.ndarray:
        """A copy in memory that is used again: fresh pages cost more than copying."""
        if len(self._memory) < len(raw) + len(PADDING):
            self._memory = np.empty(len(raw) + len(PADDING), np.uint8)
        self._memory[: len(raw)] = np.frombuffer(raw, np.uint8)
        self._memory[len(raw) : len(raw) + len(PADDING)] = 0
        return self._memory

    def _scan(self, data: np.ndarray, block: Block, size: int) -> tuple[Recognised, np.ndarray]:
        """(what was recognised, ends of the lines)"""
        count, columns = count_lines(data, block.lead, size), len(self._name_spans)
        ends, lines, doubted = (np.empty(count, np.int64) for _ in range(3))
        starts, sizes = np.empty((columns, count), np.int64), np.empty((columns, count), np.int32)
        times, hashes = np.empty((3, count), np.int64), np.empty(count, np.uint64)
        limits = np.array([*self._limits, block.received_at], np.int64)
        out = (lines, starts, sizes, times, hashes, doubted)
        rows = scan(data, block.lead, size, self._name_spans, limits, ends, *out)
        return Recognised(data, *(each[..., :rows] for each in out)), ends


def _not_utf8(data: np.ndarray, lead: int, ends: np.ndarray) -> list[int]:
    """Indexes of the lines that are no UTF-8. Arrow looks at all of them in no time; as a rule there is none."""
    whole = [None, pa.py_buffer(np.array([0, len(data)], np.int64)), pa.py_buffer(data)]
    try:
        pa.Array.from_buffers(pa.large_string(), 1, whole).validate(full=True)
        return []
    except pa.ArrowInvalid:
        starts = np.concatenate([[lead], ends + 1])
        raws = (data[start:end].tobytes() for start, end in zip(starts, ends, strict=False))
        return [index for index, raw in enumerate(raws) if not _is_utf8(raw)]


def _is_utf8(raw: bytes) -> bool:
    try:
        return raw.decode() is not None
    except UnicodeDecodeError:
        return False
