"""How each format carries the rows of the catalogue: which it can say at all, their bytes, and where they stand in the file."""

import csv
import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.config.sources import Fields
from tests.faults.catalogue import BLANK, COLUMNS, Row

MAPPED = {
    "fields": Fields.model_validate(
        {name: name for name in COLUMNS[:5]}
        | {"ids": {"user": "user", "anonymous": "anonymous"}, "properties": {"path": "path"}}
    )
}
ONLY_PARQUET = ("number", "nested")


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a row stands in its file, and its bytes there. Records and lines count from 1."""

    row: Row
    record: int
    line: int
    byte_offset: int
    raw: bytes


Written = tuple[bytes, list[Placed]]


@dataclass(frozen=True, slots=True)
class Carrier:
    """`name`: of the source too. `words`: what its source declares. `packing`: the end of a file's name."""

    name: str
    carries: Callable[[Row], bool]
    write: Callable[[list[Row]], Written]
    words: dict[str, Any]
    packing: str = ""

    @property
    def is_mapped(self) -> bool:
        return "fields" in self.words


def joined(rows: list[Row], raws: list[bytes], between: list[bytes], head: bytes = b"") -> Written:
    """`between`: what stands behind each row."""
    data, placed, line = [head], [], 1 + head.count(b"\n")
    offset = len(head)
    for record, (row, raw, gap) in enumerate(zip(rows, raws, between, strict=True), 1):
        placed.append(Placed(row, record, line, offset, raw))
        data += [raw, gap]
        offset, line = offset + len(raw) + len(gap), line + (raw + gap).count(b"\n")
    return b"".join(data), placed


def lines(rows: list[Row], head: bytes = b"") -> Written:
    raws = [row.raw.removesuffix(b"\r") for row in rows]
    return joined(rows, raws, [row.raw[len(raw) :] + b"\n" for row, raw in zip(rows, raws, strict=True)], head)


def array(rows: list[Row]) -> Written:
    """With all kinds of blanks between the elements."""
    raws, chance = [row.raw.strip(b" \t\r") for row in rows], random.Random(len(rows))
    between = [chance.choice([b",", b",\n", b"\r\n, ", b" ,\t"]) for _ in rows[1:]]
    return joined(rows, raws, [*between, b"\n]\n"], b"\xef\xbb\xbf [\n")


def table_of_text(rows: list[Row]) -> Written:
    head, *raws = map(csv_line, [COLUMNS, *([row.cells[name] for name in COLUMNS] for row in rows if row.cells)])
    return joined(rows, raws, [b"\r\n"] * len(rows), head + b"\r\n")


def csv_line(values: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(values)
    return text.getvalue().removesuffix("\r\n").encode("utf-8", "surrogateescape")


def can_be_text(row: Row) -> bool:
    """In csv an empty text is null, and there are no numbers."""
    return row.cells is not None and not set(row.cells) & set(ONLY_PARQUET) and "" not in row.cells.values()


def table(rows: list[Row]) -> Written:
    """Parquet. Its rows have no bytes: what is kept of them is their JSON."""
    cells = [{name: (row.cells or {}).get(name) for name in (*COLUMNS, *ONLY_PARQUET)} for row in rows]
    for each in cells:
        each["nested"] = json.loads("[" * each["nested"] + "]" * each["nested"]) if each["nested"] else None
    file = io.BytesIO()
    pq.write_table(
        pa.table({name: column(name, [each[name] for each in cells]) for name in cells[0]}), file, row_group_size=50
    )
    raws = [
        json.dumps(each, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogateescape") for each in cells
    ]
    return file.getvalue(), joined(rows, raws, [b"\n"] * len(rows))[1]


def column(name: str, values: list) -> pa.Array:
    """Texts as bytes: a Parquet file may hold any."""
    if name == "number":
        return pa.array(values, pa.float64())
    if name == "nested":
        return pa.array(values, nested_lists(40))
    raws = [None if each is None else each.encode("utf-8", "surrogateescape") for each in values]
    return pa.array(raws, pa.binary()) if name == "path" else pa.array(raws, pa.binary()).view(pa.string())


def nested_lists(depth: int) -> pa.DataType:
    return pa.list_(nested_lists(depth - 1)) if depth else pa.int64()


def anything(row: Row) -> bool:
    return True


def an_element(row: Row) -> bool:
    return row.is_bounded and row.outcome != BLANK


CARRIERS = [
    Carrier("lines", anything, lines, {}),
    Carrier("lines_gz", anything, lines, {}, ".gz"),
    Carrier("lines_zst", anything, lines, {}, ".zst"),
    Carrier("array", an_element, array, {"format": "json"}),
    Carrier("array_zst", an_element, array, {"format": "json"}, ".zst"),
    Carrier("csv", can_be_text, table_of_text, {"format": "csv"} | MAPPED),
    Carrier("csv_gz", can_be_text, table_of_text, {"format": "csv"} | MAPPED, ".gz"),
    Carrier("parquet", lambda row: row.cells is not None, table, {"format": "parquet"} | MAPPED),
]
