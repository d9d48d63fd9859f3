"""Where one record ends and the next begins, in bytes; blocks of whole records; ids for records that carry none.

Bytes only: what a record says is judged in pipelines.judge, how a file is opened belongs to pipelines.files.
Numbers: records and physical lines count from 1 in the file; every line is a record, blank ones too; a csv header is none.
Of a JSON array every element is one, of Parquet every row; a row's line and bytes are those of its JSON text.
"""

import hashlib
import re
from dataclasses import dataclass

from pipelines.files.large import Oversize

BOM = b"\xef\xbb\xbf"

Span = tuple[int, int]  # start and end of a record without its line end


@dataclass(slots=True)
class Block:
    """Whole records of one file, small enough to hand to a worker. `byte_offset`: of data[0] in the decompressed stream."""

    source: str
    file: str
    data: bytes
    first_record: int  # number of the first record at or after data[lead]
    first_line: int
    byte_offset: int
    header: tuple[str, ...] | None  # the columns of csv
    received_at: int  # microseconds, UTC: the batch's time
    is_last: bool = False
    truncated: bool = False  # the stream was cut: a last record without its line end is not whole
    lead: int = 0  # bytes at the start that are no record: BOM, csv header, the line end of a record read earlier
    starts: tuple[int, ...] | None = None  # csv, json: where the records start in data (a record may span lines)
    ends: tuple[int, ...] | None = None  # json: where they end; what stands between them is no record
    oversize: Oversize | None = None  # data ends a record that its reader refuses; it is the only one here

    def spans(self) -> list[Span]:
        """Start and end in `data` of every record, blank ones too; ends are without line ends."""
        if self.oversize is not None:
            return [(self.lead, _trim_end(self.data, len(self.data)))]
        if self.starts is None:
            return line_spans(self.data, self.lead)
        if self.ends is not None:
            return list(zip(self.starts, self.ends, strict=True))
        ends = (*self.starts[1:], len(self.data))
        return [(start, _trim_end(self.data, end)) for start, end in zip(self.starts, ends, strict=False)]


def line_spans(data: bytes, start: int) -> list[Span]:
    """One span a line. A file that ends in a line end has no empty line after it."""
    spans = []
    while start < len(data):
        at = data.find(b"\n", start)
        end = len(data) if at < 0 else at
        spans.append((start, end - (end > start and data[end - 1] == 13)))
        start = end + 1
    return spans


def _trim_end(data: bytes, end: int) -> int:
    """`end` without one line end (LF or CRLF)."""
    if end and data[end - 1] == 10:
        end -= 1
    return end - 1 if end and data[end - 1] == 13 else end


class CsvSplitter:
    """Finds csv records: a quoted field may hold line ends, but a stray quote costs no more than its own line.

    A record that is malformed, never closes its quote, or grows past `max_bytes`, is its first physical line.
    """

    def __init__(self, delimiter: str, max_bytes: int) -> None:
        comma = re.escape(delimiter.encode())
        quoted = rb'"[^"]*+(?:""[^"]*+)*+'
        field = rb"(?:" + quoted + rb'"|[^"' + comma + rb"\r\n][^" + comma + rb"\n]*+|)"
        self._whole = re.compile(field + rb"(?:" + comma + field + rb")*+(\r?\n|\r?\Z)")
        self._open = re.compile(rb"(?:" + field + comma + rb")*+" + quoted + rb"\Z")
        self._max_bytes = max_bytes

    def end(self, data: bytes, start: int, is_all: bool) -> int:
        """Where the record at `start` ends, its line end included; 0 if more bytes are needed to know.

        is_all: nothing follows `data`.
        """
        newline = data.find(b"\n", start) + 1
        first_quote = data.find(b'"', start, newline or len(data))
        if first_quote < 0:
            return newline or (len(data) if is_all else 0)
        whole = self._whole.match(data, start)
        if whole and whole.end() - start <= self._max_bytes and (is_all or whole[1].endswith(b"\n")):
            return whole.end()
        is_undecided = whole or self._open.match(data, start)
        if is_undecided and not is_all and len(data) - start <= self._max_bytes:
            return 0
        return newline or (len(data) if is_all else 0)


class LineSplitter:
    """A record is a line."""

    def end(self, data: bytes, start: int, is_all: bool) -> int:
        return data.find(b"\n", start) + 1 or (len(data) if is_all else 0)


class PrefixDigest:
    """Fed with a file's blocks in order: sha256 of all its decompressed bytes so far, and ids made from it.

    `offset`: bytes so far. `first_record_sha256`: of the first record that is not blank ('' before it was seen).
    To go on with a file that grew, start from what pipelines.files.read_prefix returns.
    """

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self.offset = 0
        self.first_record_sha256 = ""

    def hexdigest(self) -> str:
        return self._sha256.hexdigest()

    def ids(self, block: Block, ends: list[tuple[int, int]]) -> list[str]:
        """Ids of the records (number in the file, end in block.data), ascending; then all of the block is counted in.

        Bytes that were fed before (a cut record that is read again once it is whole) are not fed twice.
        """
        self.see_first_record(block)
        ids = []
        for record, end in ends:
            self.feed(block, end)
            ids.append(f"{self.first_record_sha256[:16]}-{record:010d}-{self.hexdigest()[:16]}")
        self.feed(block, len(block.data))
        return ids

    def feed(self, block: Block, end: int) -> None:
        """Counts in block.data[:end], as far as it is new."""
        start = self.offset - block.byte_offset
        if start < 0:
            raise ValueError(
                f"{block.file}: bytes {self.offset} to {block.byte_offset} were not fed; give blocks in order"
            )
        if end > start:
            self._sha256.update(memoryview(block.data)[start:end])
            self.offset = block.byte_offset + end

    def see_first_record(self, block: Block) -> None:
        """Remembers the hash of the file's first record, once."""
        if self.first_record_sha256:
            return
        if block.oversize is not None:
            self.first_record_sha256 = block.oversize.sha256
            return
        raws = (block.data[start:end] for start, end in block.spans())
        raw = next((raw for raw in raws if raw.strip()), None)
        if raw is not None:
            self.first_record_sha256 = hashlib.sha256(raw).hexdigest()
