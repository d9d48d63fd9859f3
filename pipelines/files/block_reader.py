"""Cuts the bytes of one file of lines or csv into blocks, and counts the records, lines and bytes that it passes."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pipelines.config.sources import Source
from pipelines.files.csv_text import read_header
from pipelines.files.large import Large, Oversize
from pipelines.files.records import BOM, Block, CsvSplitter, LineSplitter


class BlockReader:
    """One pass over one file. `received_at`: microseconds UTC."""

    def __init__(self, path: Path, source: Source, received_at: int) -> None:
        self._path, self._source, self._received_at = path, source, received_at
        limit = source.limits.max_event_bytes
        self._is_csv = source.format == "csv"
        self._splitter = CsvSplitter(source.delimiter, limit) if self._is_csv else LineSplitter()
        self._large_bytes = limit + 1  # a CR at the end may yet turn out to be half a line end
        self._held = b""  # bytes that are in no block yet; the first is byte _offset of the stream
        self._lead = self._read_before = self._offset = 0
        self._record = self._line = 1
        self._header: tuple[str, ...] | None = None
        self._is_begun = False
        self._large: Large | None = None

    def read(self, chunks: Iterable[bytes], skip: int) -> Iterator[Block]:
        """Blocks of what lies after the first `skip` bytes; what lies before is only counted."""
        passed = 0
        for chunk in _cut_at(chunks, skip):
            self._held += chunk
            passed += len(chunk)
            found = list(self._cut(is_all=False))
            if passed > skip:
                yield from found
            elif passed == skip and self._large is None:
                self._read_before = len(self._held)
        if passed > skip:
            yield from self._cut(is_all=True)

    def _cut(self, is_all: bool) -> Iterator[Block]:
        if self._large is not None and (self._held or is_all):
            yield from self._cut_large(is_all)
        if self._large is not None or not self._begin(is_all) or not self._pass_what_was_read(is_all):
            return
        starts, end = self._whole_records(is_all)
        if end:
            yield self._take(end, starts)
        if len(self._held) - self._lead > self._large_bytes and not is_all:
            self._large = Large(self._offset + self._lead)
            yield from self._cut_large(is_all)

    def _begin(self, is_all: bool) -> bool:
        """Passes BOM and header; False while too little of the file is there."""
        if self._is_begun:
            return True
        if self._is_csv:
            start = len(BOM) if self._held.startswith(BOM) else 0
            is_there = self._splitter.end(self._held, start, is_all) or len(self._held) > self._large_bytes
            if is_there and self._held:
                self._header, self._lead = read_header(self._held, self._source)
                self._line += self._held.count(b"\n", 0, self._lead)
                self._is_begun = True
        elif not BOM.startswith(self._held[: len(BOM)]) or len(self._held) >= len(BOM) or is_all:
            self._lead = len(BOM) if self._held.startswith(BOM) else 0
            self._is_begun = True
        return self._is_begun

    def _pass_what_was_read(self, is_all: bool) -> bool:
        """At the end of what an earlier batch has read: did its last record end there, or is there more of it now?"""
        if not self._read_before:
            return True
        more = self._held[self._read_before : self._read_before + 2]
        if len(more) < 2 and not is_all:
            return False
        line_end = 1 if more.startswith(b"\n") else 2 if more == b"\r\n" else 0
        if line_end and self._read_before > self._lead:
            self._forget(self._read_before, line_end)
        self._read_before = 0
        return True

    def _forget(self, size: int, line_end: int) -> None:
        """The held records were judged; only their line end is new."""
        held, self._held = self._held, self._held[:size]
        starts, _ = self._whole_records(is_all=True)
        self._take(size, starts)
        self._held, self._lead, self._line = held[size:], line_end, self._line + 1

    def _whole_records(self, is_all: bool) -> tuple[tuple[int, ...] | None, int]:
        """Starts (csv only) of the records that are whole, and where the last of them ends."""
        if not self._is_csv:
            return None, len(self._held) if is_all else max(self._held.rfind(b"\n") + 1, 0)
        starts, at = [], self._lead
        while at < len(self._held) and (end := self._splitter.end(self._held, at, is_all)):
            starts.append(at)
            at = end
        return tuple(starts), at if starts or is_all else 0

    def _take(self, end: int, starts: tuple[int, ...] | None, oversize: Oversize | None = None) -> Block:
        """The held bytes up to `end` as a block."""
        data, lead = self._held[:end], self._lead
        block = Block(
            self._source.name,
            str(self._path),
            data,
            self._record,
            self._line,
            self._offset,
            self._header,
            self._received_at,
            lead=lead,
            starts=starts,
            oversize=oversize,
        )
        lines = data.count(b"\n", lead)
        is_cut = end > lead and not data.endswith(b"\n")
        self._record += len(starts) if starts is not None else lines + is_cut
        self._line += lines
        self._held, self._offset, self._lead = self._held[end:], self._offset + end, 0
        return block

    def _cut_large(self, is_all: bool) -> Iterator[Block]:
        """A piece of the record that is too large, or its end."""
        assert self._large is not None
        newline = self._held.find(b"\n", self._lead)
        is_end = newline >= 0 or is_all
        end = newline + 1 if newline >= 0 else len(self._held) - (not is_all and self._held.endswith(b"\r"))
        self._large.feed(self._held[self._lead : end].removesuffix(b"\n").removesuffix(b"\r" if is_end else b""))
        if is_end:
            large, self._large = self._large, None
            yield self._take(end, None, large.finish())
            return
        self._lead = end
        if end:
            yield self._take(end, () if self._is_csv else None)


def _cut_at(chunks: Iterable[bytes], position: int) -> Iterator[bytes]:
    """The same bytes, with a cut at `position`."""
    passed = 0
    for chunk in chunks:
        at = position - passed
        passed += len(chunk)
        if 0 < at < len(chunk):
            yield chunk[:at]
            chunk = chunk[at:]
        yield chunk
