"""The elements of a JSON array, one after the other, in the bytes at hand; blocks of them are made in array_reader.py."""

from pathlib import Path

from pipelines.config.sources import Source
from pipelines.files.array_parse import behind_comma, parsed
from pipelines.files.array_scan import SPACE, SPACES, Doubt, ElementScan
from pipelines.files.cutter import Cutter
from pipelines.files.records import Span


class Elements(Cutter):
    """Where in the array we are. An element is what stands between two commas, blanks around it left out."""

    def __init__(self, path: Path, source: Source, received_at: int) -> None:
        super().__init__(path, source, received_at)
        self._most = source.limits.max_event_bytes  # also of blanks in a row
        self._at = 0  # behind the last bracket or comma
        self._has_comma = False  # so an element must follow
        self._is_closed = False
        self._scan: ElementScan | None = None  # of the element at work

    def _pass_elements(self, spans: list[Span]) -> Doubt | None:
        """Adds the spans of the elements that are whole in what is held; a missing one has the span of nothing."""
        self._pass_what_parses(spans)
        try:
            while not self._is_closed and (span := self._element()) is not None:
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
        self._is_closed = not self._has_comma
        self._at, self._scan = self._scan.at + 1, None

    def _let_go(self) -> int:
        gone = super()._let_go()
        self._at -= gone
        if self._scan is not None:
            self._scan.move(-gone)
        return gone
