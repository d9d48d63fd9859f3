"""The half of an ingest that runs on every core: judge a block, wait for the verdict on duplicates, keep, write segments.

A `Shelf` does the work; `InProcess` runs it here (small inputs), `Process` in a child. Both speak the same two steps a block:
judge -> Judgement (only hashes and counts travel), then settle(Verdict).
"""

import multiprocessing
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.envelope import QUARANTINE_SCHEMA
from pipelines.files import Block
from pipelines.judge import Judge, Judged, conflict_rows
from pipelines.lake import Segment, split_by_received_date, write_segment
from pipelines.sources import Source

FLUSH_BYTES = 96 << 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What every writer of one batch knows."""

    lake: Path
    batch: int
    sources: dict[str, Source]


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
    """Judges blocks and shelves what was kept until a segment's worth has come together."""

    def __init__(self, plan: Plan, name: str) -> None:
        self._plan, self._name = plan, name
        self._judges: dict[str, Judge] = {}
        self._kept: dict[str, list[pa.Table]] = {"events": [], "quarantine": []}
        self._segments: list[Segment] = []
        self._bytes = self._part = 0
        self._open: tuple[Block, Judged] | None = None

    def judge(self, block: Block) -> Judgement:
        judge = self._judges.get(block.source) or Judge(self._plan.sources[block.source])
        self._judges[block.source] = judge
        judged = judge.judge(block)
        self._open = (block, judged)
        payloads = judged.events["payload_hash"].combine_chunks().to_numpy(zero_copy_only=False).astype(np.uint64)
        rows = np.column_stack([judged.id_hashes, payloads]) if len(payloads) else np.zeros((0, 3), np.uint64)
        numbers = judged.events["event_number"].to_pylist() if judged.missing else []
        missing = [(row, numbers[row], end) for row, end in judged.missing]
        refused = list(zip(judged.quarantine["quarantine_number"].to_pylist(), judged.quarantine_ends, strict=True))
        return Judgement(judged.records, judged.blank, rows, missing, refused)

    def settle(self, verdict: Verdict) -> None:
        assert self._open is not None
        block, judged = self._open
        self._open = None
        events = _with_ids(judged.events, [row for row, _ in judged.missing], verdict.made_ids)
        conflicts = conflict_rows(block, events.filter(pa.array(verdict.conflict)))
        conflicts = _with_column(conflicts, "record_id", pa.array(verdict.conflict_ids, pa.string()))
        refused = _with_column(judged.quarantine, "record_id", pa.array(verdict.refused_ids, pa.string()))
        refused = pa.concat_tables([refused.filter(pa.array(verdict.keep_refused)), conflicts])
        self._keep("events", _numbered(events.filter(pa.array(verdict.keep)), verdict.offset))
        self._keep("quarantine", _numbered(refused, verdict.offset))
        if self._bytes > FLUSH_BYTES:
            self._flush()

    def _keep(self, kind: str, table: pa.Table) -> None:
        if table.num_rows:
            self._kept[kind].append(table)
            self._bytes += table.nbytes

    def _flush(self) -> None:
        for kind, tables in self._kept.items():
            if tables:
                name = f"{self._plan.batch:010d}-{self._name}{self._part}"
                for day, rows in split_by_received_date(pa.concat_tables(tables)):
                    self._segments.append(write_segment(self._plan.lake, kind, rows, day, name))
                tables.clear()
        self._bytes, self._part = 0, self._part + 1

    def finish(self) -> list[Segment]:
        """Writes what is left; everything returned is durable."""
        self._flush()
        return self._segments


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


class InProcess:
    """A shelf in this process."""

    def __init__(self, plan: Plan, name: str) -> None:
        self._shelf = Shelf(plan, name)
        self._judgement: Judgement | None = None

    def send(self, block: Block) -> None:
        self._judgement = self._shelf.judge(block)

    def receive(self) -> Judgement:
        assert self._judgement is not None
        return self._judgement

    def settle(self, verdict: Verdict) -> None:
        self._shelf.settle(verdict)

    def finish(self) -> list[Segment]:
        return self._shelf.finish()

    def stop(self) -> None:
        """Nothing to stop."""


class Process:
    """A shelf in a child process, spoken to over a pipe. Errors in the child are raised here."""

    def __init__(self, plan: Plan, name: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._child = context.Process(target=_serve, args=(other, plan, name), daemon=True)
        self._child.start()
        other.close()

    def send(self, block: Block) -> None:
        self._pipe.send(block)

    def receive(self) -> Judgement:
        return self._receive()

    def settle(self, verdict: Verdict) -> None:
        self._pipe.send(verdict)

    def finish(self) -> list[Segment]:
        self._pipe.send(None)
        return self._receive()

    def _receive(self):
        answer = self._pipe.recv()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def stop(self) -> None:
        self._pipe.close()
        self._child.join(timeout=10)
        if self._child.is_alive():
            self._child.kill()


def _serve(pipe: Connection, plan: Plan, name: str) -> None:
    shelf = Shelf(plan, name)
    try:
        while (message := pipe.recv()) is not None:
            if isinstance(message, Block):
                pipe.send(shelf.judge(message))
            else:
                shelf.settle(message)
        pipe.send(shelf.finish())
    except EOFError:
        return  # the coordinator is gone; nothing here was acknowledged
    except BaseException as error:
        pipe.send(error)


@dataclass(slots=True)
class Pool:
    """Writers in turn: a block goes to the next one; verdicts are given in block order."""

    writers: list[InProcess] | list[Process] = field(default_factory=list)

    @classmethod
    def start(cls, plan: Plan, processes: int) -> "Pool":
        if processes <= 1:
            return cls([InProcess(plan, "a")])
        return cls([Process(plan, _letters(n)) for n in range(processes)])

    def stop(self) -> None:
        for writer in self.writers:
            writer.stop()


def _letters(number: int) -> str:
    return chr(ord("a") + number % 26) * (1 + number // 26)


__all__ = ["QUARANTINE_SCHEMA", "Judgement", "Plan", "Pool", "Verdict"]
