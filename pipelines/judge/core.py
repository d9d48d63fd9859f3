"""One block in, its judged records out: what is blank, what is an event, what is refused and why."""

from typing import Protocol

from pipelines.envelope import RecordRefused, Unreadable
from pipelines.judge.envelope_rules import Event
from pipelines.judge.mapped import MappedCsv, MappedJson
from pipelines.judge.native import NativeRecords
from pipelines.judge.tables import Judged, Numbered, Refusals, event_table, id_hashes
from pipelines.records import Block, Span
from pipelines.sources import Source


class Records(Protocol):
    """How single records of a source are judged."""

    def judge(self, raw: bytes, received_at: int) -> Event: ...


def _records(source: Source) -> Records:
    if source.fields is None:
        return NativeRecords(source)
    return MappedCsv(source) if source.format == "csv" else MappedJson(source)


class Judge:
    """The judge of one source; build one in each process. It has no memory: a block's verdict depends on the block alone."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._records = _records(source)

    def judge(self, block: Block) -> Judged:
        """Never raises for what a record says: a record that nobody foresaw is an `internal_error` of its own."""
        if isinstance(self._records, MappedCsv):
            self._records.header = block.header or ()
        refusals, spans = Refusals(block), block.spans()
        if block.oversize is not None:
            size, most = block.oversize.size, self._source.limits.max_event_bytes
            refusals.add_oversize(spans[0], RecordRefused("size_violation", f"{size} bytes, at most {most}"))
            return Judged(1, quarantine=refusals.table(), quarantine_ends=refusals.ends)
        blank, events = self._judge_each(block, spans, refusals)
        return self._judged(block, spans, blank, events, refusals)

    def _judge_each(self, block: Block, spans: list[Span], refusals: Refusals) -> tuple[int, list[Numbered]]:
        blank, events = 0, []
        for index, span in enumerate(spans):
            raw = block.data[span[0] : span[1]]
            if not raw.strip():
                blank += 1
                continue
            try:
                events.append((index, self._judge_one(block, raw, span)))
            except RecordRefused as refused:
                refusals.add(index, span, refused)
        return blank, events

    def _judge_one(self, block: Block, raw: bytes, span: Span) -> Event:
        is_cut = block.is_last and span[1] == len(block.data)
        try:
            return self._judge_raw(raw, block, is_cut)
        except Unreadable as refused:
            if not is_cut:
                raise
            raise RecordRefused("file_truncated", f"the file ends inside this record ({refused.detail})") from refused
        except RecordRefused:
            raise
        except Exception as error:
            raise RecordRefused("internal_error", f"{type(error).__name__}: {error}; please report it") from error

    def _judge_raw(self, raw: bytes, block: Block, is_cut: bool) -> Event:
        most = self._source.limits.max_event_bytes
        if len(raw) > most:
            raise RecordRefused("size_violation", f"{len(raw)} bytes, at most {most}")
        if is_cut and block.truncated:
            raise RecordRefused("file_truncated", "the compressed file is cut inside this record")
        return self._records.judge(raw, block.received_at)

    def _judged(
        self, block: Block, spans: list[Span], blank: int, events: list[Numbered], refusals: Refusals
    ) -> Judged:
        ids = [event.event_id for _, event in events]
        missing = [(row, spans[events[row][0]][1]) for row, each in enumerate(ids) if each is None]
        table = event_table(block, events)
        hashes = id_hashes(block.source, ids)
        return Judged(len(spans), blank, table, hashes, missing, refusals.table(), refusals.ends)
