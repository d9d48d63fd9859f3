"""Cuts a JSON array into blocks of its elements, in bounded memory; the other formats are cut in block_reader.py.

An element is what stands between two commas of the array, blanks around it left out. Where an element's end is in doubt,
it and all that follows becomes one refused record: nothing is lost, and nothing is guessed. What stands behind the last
element (blanks, the closing bracket) is in no block, so a file may grow by writing over its bracket.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from pipelines.config.sources import Source
from pipelines.files.array_parse import behind_comma, parsed
from pipelines.files.array_scan import SPACE, SPACES, Doubt, ElementScan
from pipelines.files.cutter import Cutter
from pipelines.files.records import BOM, Block, Span

NOT_CLOSED = "the array is not closed: the file is cut here, or still being written"
BEHIND = "something follows the end of the array; a file holds one array"
NO_ARRAY = "the file begins with something else than an array"


class ArrayReader(Cutter):
    """One pass over one file. `received_at`: microseconds UTC."""

    def __init__(self, path: Path, source: Source, received_at: int) -> None:
        super().__init__(path, source, received_at)
        self._most = source.limits.max_event_bytes  # also of blanks in a row
        self._at = 0  # behind the last bracket or comma
        self._has_comma = False  # so an element must follow
        self._scan: ElementScan | None = None  # of the element at work
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
        gone = self._let_go()
        self._at -= gone
        if self._scan is not None:
            self._scan.move(-gone)

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
        if self._step == self._inside and is_all:
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

    # ---- elements

    def _pass_elements(self, spans: list[Span]) -> Doubt | None:
        """Adds the spans of the elements that are whole in what is held; a missing one has the span of nothing."""
        self._pass_what_parses(spans)
        try:
            while self._step == self._inside and (span := self._element()) is not None:
                is_there, behind = span[1] > span[0] or self._has_comma, self._at
                self._pass_separator()
                if is_there or self._has_comma:
                    spans.append(span if span[1] > span[0] else (behind, behind))
        except Doubt as doubt:
            return doubt
        return None

    def _pass_what_parses(self, spans: list[Span]) -> None:
        """As a rule nothing is wrong, and a parser finds the same ends fifteen times as fast."""
        found = parsed(self._held, self._at, self._most)
        if found:
            spans += found
            self._at, self._scan, self._has_comma = behind_comma(self._held, found[-1][1]), None, True

    def _element(self) -> Span | None:
        """The text of the element at work; None if its end is not to be seen yet. Errors: Doubt."""
        if self._scan is None:
            start = self._behind_blanks()
            if start == len(self._held):
                return None
            self._scan = ElementScan(start)
        is_whole = self._scan.run(self._held)
        end = self._text_end()
        if self._scan.at - end > self._most:
            raise Doubt(f"more than {self._most} blanks in a row")
        return (self._scan.start, end) if is_whole else None

    def _text_end(self) -> int:
        """Blanks at the end are the element's only as long as it is open."""
        scan = self._scan
        assert scan is not None
        start = max(scan.start, self._taken)
        if scan.is_open or (scan.at > start and self._held[scan.at - 1] not in SPACES):
            return scan.at
        return start + len(self._held[start : scan.at].rstrip(SPACES))

    def _behind_blanks(self) -> int:
        found = SPACE.match(self._held, self._at)
        end = found.end() if found else self._at
        if end - self._at > self._most:
            raise Doubt(f"more than {self._most} blanks in a row")
        return end

    def _pass_separator(self) -> None:
        assert self._scan is not None
        self._has_comma = self._held.startswith(b",", self._scan.at)
        self._step = self._inside if self._has_comma else self._after
        self._at, self._scan = self._scan.at + 1, None

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
