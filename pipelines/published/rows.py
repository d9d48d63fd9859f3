"""The rows of a published file as PostgreSQL's COPY takes them: all of them, or those of the parts that were replaced."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import csv

from pipelines.published.files import EARLIER, REPLACED, ROWS, SAID, which_rows
from pipelines.published.server import listed

BATCH = 100_000  # rows that are in memory at once
NUL = "'\N{REPLACEMENT CHARACTER}'"  # PostgreSQL's text holds no character 0
GENERATION = list(SAID).index("generation")
PARTS = {"person_id": "VARCHAR", "since": "VARCHAR"}


class Rows:
    """columns: name -> type of what is served. Texts are without what PostgreSQL does not hold."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path, columns: dict[str, str]) -> None:
        self._connection, self._path, self._columns = connection, path, columns

    def csv(self) -> Iterator[bytes]:
        """Of all rows."""
        return self._csv(f"select {_cleaned(self._columns)} from {self._stored(ROWS)}")

    def find_parts(self, there: tuple) -> bool:
        """Whether the file knows the generation that stands there, and so which parts went since. there: of published.tables."""
        with suppress(duckdb.Error):  # it was written whole, and has none of these tables
            known = self._connection.execute(f"select {listed(SAID)} from {self._stored(EARLIER)}").fetchall()
            self._connection.execute(f"""
                create or replace temp table parts as
                select person_id, min(since) as since from {self._stored(REPLACED)}
                where generation > {there[GENERATION]} group by person_id""")
            return there in known
        return False

    def parts(self) -> Iterator[bytes]:
        """CSV of PARTS: persons, and from when on their rows went. Call it once they are found, and what follows."""
        moments = "select person_id, cast(since as varchar) as since from temp.parts"  # an infinite one has no number
        return self._csv(f"select {_cleaned(PARTS)} from ({moments})")

    def which(self, start: str) -> str:
        """Condition on `rows` and `parts`, for both engines. start: a column."""
        return which_rows(self._connection, "temp.parts", start)

    def csv_of_parts(self, which: str) -> Iterator[bytes]:
        rows = f"select rows.* from {self._stored(ROWS)} as rows join temp.parts as parts on {which}"
        return self._csv(f"select {_cleaned(self._columns)} from ({rows})")

    def _stored(self, table: str) -> str:
        return f"read_duckdb('{self._path}', table_name = '{table}')"

    def _csv(self, query: str) -> Iterator[bytes]:
        """No header; null is nothing, an empty text is quoted."""
        for batch in self._connection.execute(query).to_arrow_reader(BATCH):
            text = BytesIO()
            csv.write_csv(pa.Table.from_batches([batch]), text, csv.WriteOptions(include_header=False))
            yield text.getvalue()


def _cleaned(columns: Mapping[str, str]) -> str:
    return ", ".join(
        f'replace("{each}", chr(0), {NUL}) as "{each}"' if kind == "VARCHAR" else f'"{each}"'
        for each, kind in columns.items()
    )
