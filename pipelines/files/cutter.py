"""The bytes of a JSON array that are in no block yet, and how blocks and large records are made of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pipelines.config.sources import Source
from pipelines.files.large import Large, Oversize
from pipelines.files.records import Block, Span


class Cutter:
    """Counts records, lines and bytes as blocks are taken off. Places are those in `_held`. `received_at`: microseconds UTC."""

    def __init__(self, path: Path, source: Source, received_at: int) -> None:
        self._path, self._source, self._received_at = path, source, received_at
        self._held: bytes = b""
        self._taken = 0  # behind the last block
        self._offset = 0  # of _held[_taken] in the stream
        self._record = self._line = 1
        self._large: Large | None = None

    def _begin_large(self, start: int) -> Iterator[Block]:
        yield from self._take_large(start)
        self._large = Large(self._offset, self._line)

    def _take_large(self, end: int) -> Iterator[Block]:
        """A block without records."""
        if self._large is not None:
            self._large.feed(self._held[self._taken : end])
        if end > self._taken:
            yield self._take(end, ())

    def _finish_large(self, end: int, *why: str) -> Block:
        assert self._large is not None
        self._large.feed(self._held[self._taken : end])
        large, self._large = self._large, None
        return replace(self._take(end, (), large.finish(*why)), first_line=large.line)

    def _take(self, end: int, spans: Sequence[Span], oversize: Oversize | None = None) -> Block:
        data, before = self._held[self._taken : end], self._taken
        starts, ends = (tuple(span[place] - before for span in spans) for place in (0, 1))
        numbers = self._record, self._line, self._offset
        self._record += 1 if oversize else len(spans)
        self._line += data.count(b"\n")
        self._offset, self._taken = self._offset + len(data), end
        return Block(
            self._source.name,
            str(self._path),
            data,
            *numbers,
            None,
            self._received_at,
            starts=starts,
            ends=ends,
            oversize=oversize,
        )

    def _let_go(self) -> int:
        """Forgets what was taken. Returns by how much all places move."""
        gone, self._taken = self._taken, 0
        self._held = self._held[gone:]
        return gone
