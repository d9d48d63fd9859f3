"""The rows of a Parquet file as blocks of JSON lines, for the judge that reads lines.

A row has no bytes of its own: its line, its byte offset, and the ids made of it, are those of its JSON text, so they are equal
under any name, compression or layout of the file.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipelines.config.sources import Source
from pipelines.files.large import Large
from pipelines.files.parquet_file import ParquetFile
from pipelines.files.parquet_values import json_line, plain, rows_of
from pipelines.files.records import Block


class RowReader:
    """One pass over one file. `received_at`: microseconds UTC."""

    def __init__(self, path: Path, source: Source, received_at: int) -> None:
        self._path, self._source, self._received_at = path, source, received_at
        self._record, self._offset = 1, 0

    def read(self, skip: int, block_bytes: int) -> Iterator[Block]:
        """Blocks of the rows behind the first `skip` bytes."""
        for block in self._blocks(block_bytes):
            if block.byte_offset + len(block.data) > skip:
                yield block

    def _blocks(self, block_bytes: int) -> Iterator[Block]:
        found, size = [], 0
        for line in self._lines():
            is_large = len(line) - 1 > self._source.limits.max_event_bytes
            if found and (is_large or size >= block_bytes):
                yield self._block(b"".join(found), len(found))
                found, size = [], 0
            if is_large:
                yield from self._large(line, block_bytes)
            else:
                found.append(line)
                size += len(line)
        if found:
            yield self._block(b"".join(found), len(found))

    def _lines(self) -> Iterator[bytes]:
        with ParquetFile(self._path, self._source) as file:
            for batch in file.batches():
                columns = [plain(column) for column in batch.columns]
                yield from map(json_line, rows_of(batch.schema.names, columns, batch.num_rows))

    def _large(self, line: bytes, block_bytes: int) -> Iterator[Block]:
        """In pieces, as readers of text do: a text that the file holds once may stand in every row."""
        large = Large(self._offset)
        large.feed(line[:-1])
        pieces = [line[start : start + block_bytes] for start in range(0, len(line), block_bytes)]
        for piece in pieces[:-1]:
            yield replace(self._block(piece, 0), lead=len(piece))
        yield replace(self._block(pieces[-1], 1), oversize=large.finish())

    def _block(self, data: bytes, count: int) -> Block:
        place = self._record, self._record, self._offset
        self._record += count
        self._offset += len(data)
        return Block(self._source.name, str(self._path), data, *place, None, self._received_at)
