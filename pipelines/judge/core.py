"""One block in, its judged records out: what is blank, what is an event, what is refused and why."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

import numpy as np
import pyarrow as pa

from pipelines.config.sources import Source
from pipelines.envelope import EVENT_SCHEMA, RecordRefused, Unreadable
from pipelines.files.records import Block, Span
from pipelines.judge.event import Event
from pipelines.judge.mapped import MappedCsv, MappedJson
from pipelines.judge.native import NativeRecords
from pipelines.judge.tables import Judged, Numbered, Refusals, event_table, id_hashes


class Records(Protocol):
    """How single records of a source are judged."""

    def judge(self, raw: bytes, received_at: int) -> Event: ...


class Spans(Protocol):
    """Where records lie in block.data."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Span: ...


def _records(source: Source) -> Records:
    if source.fields is None:
        return NativeRecords(source)
    return MappedCsv(source) if source.format == "csv" else MappedJson(source)


def _fast(source: Source):
    """The fast path, if the source is of the usual kind. Imported here: numba takes most of a second."""
    if source.fields is not None or source.time.format != "rfc3339":
        return None
    from pipelines.judge.fast import Fast

    return Fast(source)


class Judge:
    """The judge of one source; build one in each process. It has no memory: a block's verdict depends on the block alone."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._records = _records(source)
        self._fast = _fast(source)

    def judge(self, block: Block) -> Judged:
        """Never raises for what a record says: a record that nobody foresaw is an `internal_error` of its own."""
        if block.oversize is not None:
            return self._judge_oversize(block)
        events, rest, spans = self._judge_fast(block)
        if not rest and not events["event_id"].null_count:
            return Judged(len(spans), 0, events, id_hashes(block.source, events["event_id"]))
        return self._judge_rest(block, spans, rest, events)

    def _judge_fast(self, block: Block) -> tuple[pa.Table, Iterable[int], Spans]:
        """(events, indexes of the records that need a closer look, spans of all records)"""
        try:
            lines = block if block.ends is None else _as_lines(block)
            if self._fast is not None and lines is not None:
                events, rest, spans = self._fast.read(lines)
                return events, rest, spans if lines is block else block.spans()
        except Exception:
            logging.exception("%s: the fast path failed; its block is judged record by record", block.file)
        spans = block.spans()
        return EVENT_SCHEMA.empty_table(), range(len(spans)), spans

    def _judge_oversize(self, block: Block) -> Judged:
        assert block.oversize is not None
        large, most = block.oversize, self._source.limits.max_event_bytes
        refusals, detail = Refusals(block), large.detail or f"{large.size} bytes, at most {most}"
        refusals.add_oversize(block.spans()[0], RecordRefused(large.reason, detail))
        return Judged(1, quarantine=refusals.table(), quarantine_ends=refusals.ends)

    def _judge_rest(self, block: Block, spans: Spans, rest: Iterable[int], fast: pa.Table) -> Judged:
        """`rest`: indexes of the records that are judged one by one; `fast`: the events among the others."""
        refusals = Refusals(block)
        blank, events = self._judge_each(block, spans, rest, refusals)
        slow = self._table(block, spans, events, refusals)
        table = _in_order(fast, slow) if slow.num_rows else fast
        hashes = id_hashes(block.source, table["event_id"])
        rows = np.flatnonzero(table["event_id"].is_null().to_numpy())
        indexes = table["event_number"].to_numpy()[rows] - block.first_record
        missing = [(row, spans[index][1]) for row, index in zip(rows.tolist(), indexes.tolist(), strict=True)]
        return Judged(len(spans), blank, table, hashes, missing, refusals.table(), refusals.ends)

    def _table(self, block: Block, spans: Spans, events: list[Numbered], refusals: Refusals) -> pa.Table:
        """An event that cannot be stored is an `internal_error` of its own too."""
        try:
            return event_table(block, events)
        except Exception:
            tables = [event_table(block, [])]
        for index, event in events:
            try:
                tables.append(event_table(block, [(index, event)]))
            except Exception as error:
                refusals.add(index, spans[index], _internal(error))
        return pa.concat_tables(tables)

    def _judge_each(
        self, block: Block, spans: Spans, rest: Iterable[int], refusals: Refusals
    ) -> tuple[int, list[Numbered]]:
        if isinstance(self._records, MappedCsv):
            self._records.header = block.header or ()
        blank, events = 0, []
        for index in rest:
            start, end = spans[index]
            raw = block.data[start:end]
            if block.ends is None and not raw.strip():
                blank += 1
                continue
            is_cut = block.ends is None and block.is_last and end == len(block.data)
            try:
                events.append((index, self._judge_one(block, raw, is_cut)))
            except RecordRefused as refused:
                refusals.add(index, (start, end), refused)
        return blank, events

    def _judge_one(self, block: Block, raw: bytes, is_cut: bool) -> Event:
        """is_cut: the file ends here without a line end, so the record may not be whole."""
        try:
            return self._judge_raw(block, raw, is_cut)
        except Unreadable as refused:
            if not is_cut:
                raise
            raise RecordRefused("file_truncated", f"the file ends inside this record ({refused.detail})") from refused
        except RecordRefused:
            raise
        except Exception as error:
            raise _internal(error) from error

    def _judge_raw(self, block: Block, raw: bytes, is_cut: bool) -> Event:
        most = self._source.limits.max_event_bytes
        if len(raw) > most:
            raise RecordRefused("size_violation", f"{len(raw)} bytes, at most {most}")
        if is_cut and block.truncated:
            raise RecordRefused("file_truncated", "the compressed file is cut inside this record")
        if not raw:
            raise RecordRefused("not_json", "an element is missing: a comma stands beside another one or a bracket")
        return self._records.judge(raw, block.received_at)


def _as_lines(block: Block) -> Block | None:
    """The elements of a JSON array as lines; None where one holds a line break."""
    data = b"\n".join([*(block.data[start:end] for start, end in block.spans()), b""])
    if data.count(b"\n") > len(block.starts or ()):
        return None
    return replace(block, data=data, starts=None, ends=None, is_last=False)


def _internal(error: Exception) -> RecordRefused:
    return RecordRefused("internal_error", f"{type(error).__name__}: {error}; please report it")


def _in_order(fast: pa.Table, slow: pa.Table) -> pa.Table:
    table = pa.concat_tables([fast, slow]).combine_chunks()
    return table.take(pa.array(np.argsort(table["event_number"].to_numpy(), kind="stable")))
