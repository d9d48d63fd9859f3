"""What is done with a block in any process: judge it, and once the verdict on duplicates is there, keep, number, write.

A writer (pipelines.ingest.writers) carries blocks, judgements and verdicts to and fro.
"""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from pipelines.config.sources import Source
from pipelines.files.records import Block
from pipelines.judge import Judge, Judged, conflict_rows
from pipelines.lake import Segment, split_by_received_date, write_segment

FLUSH_BYTES = 96 << 20

Kept: TypeAlias = dict[str, list[pa.Table]]  # kind of segment -> its rows so far


@dataclass(frozen=True, slots=True)
class Plan:
    """What every writer of one batch knows."""

    lake: Path
    batch: int
    sources: dict[str, Source]
    attempt: str = field(default_factory=lambda: token_hex(3))  # in names: a child that outlives its killed parent
    # must not write under those of the next try


@dataclass(slots=True)
class Judgement:
    """What the coordinator needs of a block. `rows`: uint64[n, 3], id hash and payload hash; zeros where the id is missing."""

    records: int
    blank: int
    rows: np.ndarray
    missing: list[tuple[int, int, int]]  # (row, record in the file, end in the block)
    refused: list[tuple[int, int]]  # (record in the file, end in the block)


@dataclass(slots=True)
class Verdict:
    """`keep`, `conflict`: masks over the block's events; `keep_refused`: over its quarantine rows."""

    offset: int  # event_number of record r of the file is offset + r
    keep: np.ndarray
    conflict: np.ndarray
    conflict_ids: list[str]
    made_ids: list[str]
    keep_refused: np.ndarray
    refused_ids: list[str]


class Shelf:
    """Judges blocks and shelves what was kept until a segment's worth has come together.

    Blocks may be judged ahead of their verdicts; those come in the blocks' order. Segments are written by a thread of their
    own (Arrow needs no interpreter for it) while the next blocks are judged, one worth at a time.
    """

    def __init__(self, plan: Plan, name: str) -> None:
        self._plan, self._name = plan, name
        self._judges: dict[str, Judge] = {}
        self._open: deque[tuple[Block, Judged]] = deque()
        self._kept: Kept = _nothing_kept()
        self._bytes = self._part = 0
        self._writer = ThreadPoolExecutor(max_workers=1)
        self._writing: list[Future[list[Segment]]] = []

    def judge(self, block: Block) -> Judgement:
        judge = self._judges.get(block.source) or Judge(self._plan.sources[block.source])
        self._judges[block.source] = judge
        judged = judge.judge(block)
        self._open.append((block, judged))
        payloads = judged.events["payload_hash"].combine_chunks().to_numpy(zero_copy_only=False).astype(np.uint64)
        rows = np.column_stack([judged.id_hashes, payloads]) if len(payloads) else np.zeros((0, 3), np.uint64)
        numbers = judged.events["event_number"].to_pylist() if judged.missing else []
        missing = [(row, numbers[row], end) for row, end in judged.missing]
        refused = list(zip(judged.quarantine["quarantine_number"].to_pylist(), judged.quarantine_ends, strict=True))
        return Judgement(judged.records, judged.blank, rows, missing, refused)

    def settle(self, verdict: Verdict) -> None:
        block, judged = self._open.popleft()
        events = _with_ids(judged.events, [row for row, _ in judged.missing], verdict.made_ids)
        conflicts = conflict_rows(block, _where(events, verdict.conflict))
        conflicts = _with_column(conflicts, "record_id", pa.array(verdict.conflict_ids, pa.string()))
        refused = _with_column(judged.quarantine, "record_id", pa.array(verdict.refused_ids, pa.string()))
        refused = pa.concat_tables([_where(refused, verdict.keep_refused), conflicts])
        self._keep("events", _numbered(_where(events, verdict.keep), verdict.offset))
        self._keep("quarantine", _numbered(refused, verdict.offset))
        if self._bytes > FLUSH_BYTES:
            self._flush()

    def _keep(self, kind: str, table: pa.Table) -> None:
        if table.num_rows:
            self._kept[kind].append(table)
            self._bytes += table.nbytes

    def _flush(self) -> None:
        if self._writing:
            self._writing[-1].result()  # memory holds two worths at most
        self._writing.append(self._writer.submit(self._write, self._kept, self._part))
        self._kept, self._bytes, self._part = _nothing_kept(), 0, self._part + 1

    def _write(self, kept: Kept, part: int) -> list[Segment]:
        name = f"{self._plan.batch:010d}-{self._plan.attempt}-{self._name}{part}"
        return [
            write_segment(self._plan.lake, kind, rows, day, name)
            for kind, tables in kept.items()
            if tables
            for day, rows in split_by_received_date(pa.concat_tables(tables))
        ]

    def finish(self) -> list[Segment]:
        """Writes what is left; everything returned is durable."""
        self._flush()
        return [segment for written in self._writing for segment in written.result()]

    def stop(self) -> None:
        """Afterwards nothing is written any more."""
        self._writer.shutdown()


def _nothing_kept() -> Kept:
    return {"events": [], "quarantine": []}


def _where(table: pa.Table, mask: np.ndarray) -> pa.Table:
    """As a rule all rows are kept, and none is copied."""
    return table if mask.all() else table.filter(pa.array(mask))


def _with_ids(events: pa.Table, rows: list[int], made_ids: list[str]) -> pa.Table:
    if not rows:
        return events
    ids = events["event_id"].to_pylist()
    for row, made in zip(rows, made_ids, strict=True):
        ids[row] = made
    return _with_column(events, "event_id", pa.array(ids, pa.string()))


def _with_column(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), values)


def _numbered(table: pa.Table, offset: int) -> pa.Table:
    """Turns numbers in the file into numbers in the log (the first column of both kinds)."""
    return table.set_column(0, table.schema.field(0), pa.array(table.column(0).to_numpy() + offset))
