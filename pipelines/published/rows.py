"""The rows of a published file as PostgreSQL's COPY takes them: all of them, or those that differ from an older file's."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import csv

from pipelines.published.files import ROWS
from pipelines.published.server import listed

BATCH = 100_000  # rows that are in memory at once
NUL = "'\N{REPLACEMENT CHARACTER}'"  # PostgreSQL's text holds no character 0


class Rows:
    """columns: name -> type of what is served; was: an older file with the same columns.

    Rows are told apart by a 64-bit hash of all columns.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, path: Path, columns: dict[str, str], was: Path | None = None
    ) -> None:
        self._connection, self._columns = connection, columns
        self._show("new", path)
        if was is not None:
            self._show("old", was)
            for name, of, other in (("came", "new", "old"), ("went", "old", "new")):
                rows = f"from {of} anti join {other} using (row_hash)"
                connection.execute(f"create or replace temp table {name} as {rows}")

    def _show(self, name: str, path: Path) -> None:
        """As a view, with a hash of each row."""
        cleaned = ", ".join(
            f'replace("{each}", chr(0), {NUL}) as "{each}"' if kind == "VARCHAR" else f'"{each}"'
            for each, kind in self._columns.items()
        )
        rows = f"select {cleaned} from read_duckdb('{path}', table_name = '{ROWS}')"
        hashed = f"select *, hash({listed(self._columns)}) as row_hash from ({rows})"
        self._connection.execute(f"create or replace temp view {name} as {hashed}")

    def count(self, which: str) -> int:
        """which: new, old, came, went."""
        return self._connection.execute(f"select count(*) from {which}").fetchall()[0][0]

    def csv(self, which: str, columns: Sequence[str] = ()) -> Iterator[bytes]:
        """No header; null is nothing, an empty text is quoted."""
        found = self._connection.execute(f"select {listed(columns or self._columns)} from {which}")
        for batch in found.to_arrow_reader(BATCH):
            text = BytesIO()
            csv.write_csv(pa.Table.from_batches([batch]), text, csv.WriteOptions(include_header=False))
            yield text.getvalue()
