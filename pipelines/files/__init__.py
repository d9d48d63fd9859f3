"""A file as blocks of whole records, in bounded memory; and what is no readable file at all.

Lines, csv and JSON arrays are read from a stream of bytes, plain or compressed; Parquet has a reader of its own, whose rows
become lines of JSON.

Bytes and boundaries only: records are judged in pipelines.judge.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipelines.config.sources import Source
from pipelines.envelope import FileRefused
from pipelines.files.array_reader import ArrayReader
from pipelines.files.block_reader import BlockReader
from pipelines.files.csv_text import read_header
from pipelines.files.kinds import SAMPLE_BYTES, refuse_foreign
from pipelines.files.parquet_file import ParquetFile
from pipelines.files.parquet_rows import RowReader
from pipelines.files.records import Block, PrefixDigest
from pipelines.files.streams import Stream

__all__ = ["Block", "Stream", "blocks", "inspect", "read_prefix"]

BLOCK_BYTES = 4 << 20


def inspect(path: Path, source: Source) -> None:
    """Can this file be read at all? What is compressed is decompressed once, to its checksums; Parquet is read once.

    Errors: FileRefused with file_encoding, file_unsupported, file_corrupt or file_bomb, and what was found.
    """
    if source.format == "parquet":
        with ParquetFile(path, source) as file:
            file.verify()
        return
    stream = Stream(path, source.limits)
    _verify(stream)  # first: what a bomb holds does not matter
    sample = stream.head(SAMPLE_BYTES)
    refuse_foreign(sample, source.format)
    if source.format == "csv" and sample:
        read_header(stream.head(source.limits.max_event_bytes), source)


def _verify(stream: Stream) -> None:
    stream.verify()
    if stream.truncated and not stream.offset:
        raise FileRefused(
            "file_corrupt", "a compressed file that is cut before its first byte of data; fetch the file again"
        )


def read_prefix(path: Path, source: Source, size: int) -> PrefixDigest:
    """The digest of the first `size` decompressed bytes, to go on with a file that grew.

    Compare its hexdigest() with the one stored: if it differs, the file was rewritten (file_mutated). Parquet cannot grow: all
    of it must be what was read.
    """
    digest, size = PrefixDigest(), sys.maxsize if source.format == "parquet" else size
    for block in blocks(path, source, 0, is_inspected=True):
        take = size - block.byte_offset
        if take < len(block.data):
            digest.see_first_record(block)
            digest.feed(block, max(take, 0))
            break
        digest.ids(block, [])
    return digest


def blocks(
    path: Path,
    source: Source,
    received_at: int,
    skip: int = 0,
    block_bytes: int = BLOCK_BYTES,
    is_inspected: bool = False,
) -> Iterator[Block]:
    """Blocks of about `block_bytes`, each ending where a record ends.

    received_at: the batch's time, microseconds UTC. skip: decompressed bytes that an earlier batch has read; when they ended
    inside a record, it is read again from its start, now that there is more of it. is_inspected: `inspect` has just passed,
    so the checksums need no first pass. Errors: FileRefused, before the first block unless the file changes meanwhile.
    """
    if source.format == "parquet":
        yield from RowReader(path, source, received_at).read(skip, block_bytes)
        return
    stream = Stream(path, source.limits, block_bytes)
    if not is_inspected:
        _verify(stream)
    waiting: Block | None = None
    reader = ArrayReader if source.format == "json" else BlockReader
    for block in reader(path, source, received_at).read(stream, skip):
        if waiting is not None:
            yield waiting
        waiting = block
    if waiting is not None:
        yield replace(waiting, is_last=True, truncated=stream.truncated)
