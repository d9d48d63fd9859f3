"""Cuts a JSON array into blocks of its elements, in bounded memory; the other formats are cut in block_reader.py.

Where an element's end is in doubt, it and all that follows becomes one refused record: nothing is lost, and nothing is
guessed. What stands behind the last element (blanks, the closing bracket) is in no block, so a file may grow by writing over
its bracket.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from pipelines.config.sources import Source
from pipelines.files.array_elements import Elements
from pipelines.files.array_scan import Doubt
from pipelines.files.records import BOM, Block, Span

NOT_CLOSED = "the array is not closed: the file is cut here, or still being written"
BEHIND = "something follows the end of the array; a file holds one array"
NO_ARRAY = "the file begins with something else than an array"


class ArrayReader(Elements):
    """One pass over one file. `received_at`: microseconds UTC."""

    def __init__(self, path: Path, source: Source, received_at: int) -> None:
        super().__init__(path, source, received_at)
        self._doubt = ""
        self._step: Callable[[bool], Iterator[Block]] = self._before

    def read(self, chunks: Iterable[bytes], skip: int) -> Iterator[Block]:
        """Blocks of what does not end within the first `skip` bytes; what does is only counted."""
        for block in self._read(chunks):
            if block.byte_offset + len(block.data) > skip:
                yield _without(block, skip - block.byte_offset)

    def _read(self, chunks: Iterable[bytes]) -> Iterator[Block]:
        for chunk in chunks:
            self._held += chunk
            yield from self._cut(is_all=False)
        yield from self._cut(is_all=True)

    def _cut(self, is_all: bool) -> Iterator[Block]:
        """Step by step, until one has nothing more to do with what is held."""
        done = None
        while self._step != done:
            done = self._step
            try:
                yield from self._step(is_all)
            except Doubt as doubt:
                self._doubt, self._step = str(doubt), self._rest
        self._let_go()

    # ---- steps

    def _before(self, is_all: bool) -> Iterator[Block]:
        """Passes mark, blanks and the opening bracket."""
        if BOM.startswith(self._held) and self._held != BOM:
            return  # an empty file, or one that has hardly begun to come
        self._at = len(BOM) if self._held.startswith(BOM) else 0
        self._at = self._behind_blanks()
        if self._at < len(self._held) and not self._held.startswith(b"[", self._at):
            raise Doubt(NO_ARRAY)
        if self._at < len(self._held):
            self._at, self._step = self._at + 1, self._inside
        yield from ()

    def _inside(self, is_all: bool) -> Iterator[Block]:
        spans: list[Span] = []
        doubt = self._pass_elements(spans)
        if spans:
            yield self._take(spans[-1][1], spans)
        if doubt is not None:
            raise doubt
        if self._is_closed:
            self._step = self._after
        elif is_all:
            self._step = self._end
            yield from self._not_closed()
        elif self._scan is not None and len(self._held) - self._scan.start > self._most:
            self._step = self._in_large
            yield from self._begin_large(self._scan.start)

    def _in_large(self, is_all: bool) -> Iterator[Block]:
        """A piece of an element that is too large, or its end."""
        span = self._element()
        end = span[1] if span else self._text_end()
        if span is None and not is_all:
            yield from self._take_large(end)
            return
        yield self._finish_large(end)
        self._step = self._end
        if span:
            self._pass_separator()
            self._step = self._after if self._is_closed else self._inside

    def _after(self, is_all: bool) -> Iterator[Block]:
        end = self._behind_blanks()
        if end < len(self._held):
            self._at = end
            raise Doubt(BEHIND)
        yield from ()

    def _rest(self, is_all: bool) -> Iterator[Block]:
        """All that follows a doubt."""
        if self._large is None:
            yield from self._begin_large(self._scan.start if self._scan else self._at)
            self._scan = None
        if not is_all:
            yield from self._take_large(len(self._held))
            return
        what = f"where this record ends is in doubt: {self._doubt}. From here on the file is refused as one record"
        yield self._finish_large(len(self._held), "not_json", f"{what}; mend it and send the rest under a new name")
        self._step = self._end

    def _end(self, is_all: bool) -> Iterator[Block]:
        yield from ()

    def _not_closed(self) -> Iterator[Block]:
        """The file ends in the array. An object that is whole counts; what else there is, or is missing, is refused."""
        scan, start, end = self._scan, self._at, self._at
        if scan is not None:
            start, end = scan.start, self._text_end()
        if scan is not None and not scan.is_open and self._held[end - 1] in b"}]":
            yield self._take(end, [(start, end)])
            start = end
        yield from self._begin_large(start)
        yield self._finish_large(end, "file_truncated", NOT_CLOSED)


def _without(block: Block, place: int) -> Block:
    """The block without the records that end before `place`."""
    if place <= 0 or block.starts is None or block.ends is None:
        return block
    gone = sum(end <= place for end in block.ends)
    starts, ends = block.starts[gone:], block.ends[gone:]
    return replace(block, first_record=block.first_record + gone, starts=starts, ends=ends)
