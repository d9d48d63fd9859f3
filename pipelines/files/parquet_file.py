"""A Parquet file: opened, held against its source's limits and fields, read to its end once before any of it counts.

Source: the Parquet format's description; pyarrow reads it. Limits are checked in the footer, before any data is read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.config.sources import Source
from pipelines.config.yaml_lines import nearest
from pipelines.envelope import FileRefused
from pipelines.files.kinds import PARQUET, PARQUET_ENCRYPTED, SAMPLE_BYTES, refuse_foreign
from pipelines.files.parquet_values import plain
from pipelines.files.streams import Stream, refuse_bomb

MAX_FOOTER_BYTES = 64 << 20
BATCH_BYTES = 8 << 20
BATCH_ROWS = 4096


class ParquetFile:
    """Use it in a `with` block. Errors: FileRefused, whatever is wrong with the file; OSError of the disk."""

    def __init__(self, path: Path, source: Source) -> None:
        self._source, self._size = source, path.stat().st_size
        _check_frame(path, source, self._size)
        with refusing():
            said = pq.ParquetFile(path)
            texts = [field.name for field in said.schema_arrow if pa.types.is_string(field.type)]
            said.close()
            # texts that repeat stay in one place, however many rows say them
            self._file = pq.ParquetFile(
                path, read_dictionary=texts, buffer_size=1 << 20, page_checksum_verification=True
            )

    def __enter__(self) -> "ParquetFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def verify(self) -> None:
        """Is it within its limits, are its columns those of the source, and can all of it be read?"""
        with refusing():
            self._check_limits()
            self._check_columns()
            said, count = self._file.metadata.num_rows, sum(batch.num_rows for batch in self._batches())
        if count != said:
            raise FileRefused("file_corrupt", f"its footer says {said} rows, {count} are there; fetch the file again")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """About 8 MB of rows each, before repeated texts are written out."""
        with refusing():
            yield from self._batches()

    def _batches(self) -> Iterator[pa.RecordBatch]:
        fit = BATCH_BYTES * self._file.metadata.num_rows // max(_data_bytes(self._file.metadata), 1)
        yield from self._file.iter_batches(batch_size=min(max(fit, 1), BATCH_ROWS))

    def _check_limits(self) -> None:
        limits, said = self._source.limits, self._file.metadata
        for name, count, most in (
            ("rows", said.num_rows, limits.max_rows),
            ("row groups", said.num_row_groups, limits.max_row_groups),
            ("columns", said.num_columns, limits.max_columns),
        ):
            if count > most:
                what = f"{count} {name}, at most {most}"
                raise FileRefused("file_bomb", f"{what}; split it, or raise limits.max_{name.replace(' ', '_')}")
        refuse_bomb(limits, self._size, _data_bytes(said))

    def _check_columns(self) -> None:
        """A column that is renamed must not quietly become null."""
        schema = self._file.schema_arrow
        twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
        if twice:
            raise FileRefused("file_unsupported", f"two columns are called '{twice[0]}'; every one needs its own name")
        for field in schema:
            try:
                plain(pa.array([], field.type))
            except (NotImplementedError, pa.ArrowException) as error:
                what = f"column '{field.name}' is {field.type}, which has no words in JSON"
                raise FileRefused("file_unsupported", f"{what}; leave it out, or write it as text") from error
        for path in sorted({path for each in self._source.expressions() for path in each.all_paths}):
            _find(path, schema)


def _find(path: str, schema: pa.Schema) -> None:
    """Errors: FileRefused when the file has nothing at `path`."""
    fields = {field.name: field.type for field in schema}
    for part in path.split("."):
        if part not in fields:
            what = f"there is no column '{path}', which config/sources.yaml names; {nearest(part, list(fields))}"
            raise FileRefused("file_unsupported", what)
        kind = fields[part]
        if not pa.types.is_struct(kind):
            return  # a map may have any key; into others the path leads nowhere
        fields = {field.name: field.type for field in kind}


def _data_bytes(said: pq.FileMetaData) -> int:
    return sum(said.row_group(index).total_byte_size for index in range(said.num_row_groups))


def _check_frame(path: Path, source: Source, size: int) -> None:
    """First and last bytes, before a parser sees any of it."""
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(max(size - 8, 0))
        end = file.read(8)
    if PARQUET_ENCRYPTED in (start, end[4:]):
        raise FileRefused("file_unsupported", "this is an encrypted Parquet file; write it without encryption")
    if start != PARQUET:
        _refuse_other(path, source, size)
    footer = int.from_bytes(end[:4], "little")
    if end[4:] != PARQUET or footer + 12 > size:
        what = "it does not end as a Parquet file does: it is cut, or still being written"
        raise FileRefused("file_corrupt", f"{what}; nothing of it was accepted, send it whole")
    if footer > MAX_FOOTER_BYTES:
        raise FileRefused("file_bomb", f"its footer has {footer} bytes, at most {MAX_FOOTER_BYTES}")


def _refuse_other(path: Path, source: Source, size: int) -> None:
    stream = Stream(path, source.limits)
    sample = stream.head(SAMPLE_BYTES)
    if stream.is_packed and sample.startswith(PARQUET):
        raise FileRefused(
            "file_unsupported", "this is Parquet inside a compressed file; unpack it, it is compressed inside"
        )
    refuse_foreign(sample, source.format)
    raise FileRefused(
        "file_corrupt", f"this is no Parquet file, it begins with {sample[:12]!r}" if size else "it is empty"
    )


@contextmanager
def refusing() -> Iterator[None]:
    """What a parser says of a file becomes FileRefused; an error of the disk stays one."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        what = f"Parquet cannot be read: {error}".strip()[:300]
        raise FileRefused(_reason(error), f"{what}; nothing of it was accepted, write and send it anew") from error


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "file_bomb"
    is_foreign = isinstance(error, pa.ArrowNotImplementedError) or "crypt" in str(error).lower()
    return "file_unsupported" if is_foreign else "file_corrupt"
