"""Arrow columns as numbers that loops can work with."""

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute

ROW_GROUP = 122_880  # rows
WHOLE = {pa.date32(): pa.int32(), pa.timestamp("us", "UTC"): pa.int64()}
pc: Any = pyarrow.compute  # made at import, so no type checker knows its functions


def in_stored_order(connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any] = ()) -> pa.Table:
    """Rows as they lie on the disk, which nobody may rely on, but which spares sorting what was stored sorted."""
    connection.execute("set preserve_insertion_order = true")
    try:
        return connection.execute(query, values).to_arrow_table()
    finally:
        connection.execute("set preserve_insertion_order = false")


def in_batches(rows: pa.Table) -> pa.Table:
    """Cut as the engine stores them: it gives each thread a batch at a time."""
    return pa.Table.from_batches(rows.combine_chunks().to_batches(max_chunksize=ROW_GROUP), rows.schema)


def codes(column: pa.ChunkedArray) -> np.ndarray:
    """int64 from 0, equal where texts are equal; null has the last. Texts mostly come in runs, so each run is looked up once."""
    if pa.types.is_dictionary(column.type):
        return column.combine_chunks().indices.to_numpy().astype(np.int64)
    runs = pc.run_end_encode(column.combine_chunks(), run_end_type=pa.int64())
    found = runs.values.dictionary_encode()
    indices = found.indices.fill_null(len(found.dictionary)).to_numpy().astype(np.int64)
    return np.repeat(indices, np.diff(runs.run_ends.to_numpy(), prepend=0))


def places(column: pa.ChunkedArray, among: pa.ChunkedArray) -> pa.Array:
    """Where each value stands in `among` (int32), which has each once. Values that come in runs are looked up once a run."""
    runs = pc.run_end_encode(column.combine_chunks(), run_end_type=pa.int64())
    found = pc.index_in(runs.values, value_set=among).to_numpy()
    return pa.array(np.repeat(found, np.diff(runs.run_ends.to_numpy(), prepend=0)))


def group_codes(*columns: pa.ChunkedArray) -> tuple[np.ndarray, int]:
    """(number of each row's combination of texts, from 0; how many there are)"""
    found = codes(columns[0])
    for column in columns[1:]:
        if column.null_count < len(column):
            more = codes(column)
            found = found * (more.max(initial=0) + 1) + more
            found = np.unique(found, return_inverse=True)[1].astype(np.int64)
    return found, int(found.max(initial=-1)) + 1


def rank(*columns: pa.ChunkedArray) -> np.ndarray:
    """Place of each row among all, by the bytes of its texts, as the engine compares."""
    table = pa.table(list(columns), names=[str(place) for place in range(len(columns))])
    order = pc.sort_indices(table, [(name, "ascending") for name in table.column_names]).to_numpy()
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def numbers(column: pa.ChunkedArray) -> np.ndarray:
    """int64, writable; of a date its days, of a moment its microseconds since 1970."""
    whole = column.cast(WHOLE[column.type]) if column.type in WHOLE else column
    return np.require(whole.to_numpy(), np.int64, ["C", "W"])


def taken(column: pa.ChunkedArray, rows: np.ndarray) -> pa.ChunkedArray:
    """Null where the row is -1."""
    return column.take(pa.array(rows, mask=rows < 0))
