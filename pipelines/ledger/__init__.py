"""What was ingested: the log's index, and the only place that acknowledges.

The ledger and the segments are the only truth; everything in the warehouse can be rebuilt from them. SQLite by default,
PostgreSQL by URL. A batch exists from the moment its one transaction commits; until then its segments are litter.
"""

import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date
from uuid import uuid4

import pyarrow as pa
import sqlalchemy as sa

from pipelines.lake import Segment
from pipelines.ledger.engine import LedgerError, is_for_reading, open_engine
from pipelines.ledger.rows import Batch, Counts, Failure, FileCounts, FileState, Resolved
from pipelines.ledger.tables import (
    COUNTS,
    about,
    arrow_schema,
    batch_files,
    batches,
    failures,
    files,
    metadata,
    replaced_segments,
    resolved,
    segments,
)

__all__ = ["Batch", "Counts", "Failure", "FileCounts", "FileState", "Ledger", "LedgerError", "Resolved"]


SEGMENTS_EVER = (segments, replaced_segments)
MOST_NAMES = 1000  # in one statement


class Ledger:
    """Opens (and on first use creates) the ledger; where its folder cannot be written to, for reading.

    Errors: LedgerError when the address cannot be opened; OSError of SQLite's disk; IntegrityError when a row breaks
    conservation.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._engine = open_engine(address)
        if not is_for_reading(self._engine):
            self._create()

    def _create(self) -> None:
        with self._engine.begin() as connection:
            metadata.create_all(connection)
            if connection.execute(sa.select(about.c.ledger_id)).first() is None:
                connection.execute(about.insert().values(ledger_id=uuid4().hex))

    def close(self) -> None:
        self._engine.dispose()

    @property
    def ledger_id(self) -> str:
        """Random, given once; a warehouse built from another ledger is rebuilt."""
        return self._scalar(sa.select(about.c.ledger_id))

    def last_batch(self) -> int:
        return self._scalar(sa.select(sa.func.coalesce(sa.func.max(batches.c.batch), 0)))

    def as_of(self, position: int) -> int | None:
        """The latest recorded time of the batches up to a position (µs UTC); None before the first."""
        return self._scalar(sa.select(sa.func.max(batches.c.as_of)).where(batches.c.batch <= position))

    def moments(self, since: int) -> list[tuple[int, int]]:
        """(batch, as_of) of the batches recorded after a moment, in order. µs UTC."""
        query = sa.select(batches.c.batch, batches.c.as_of).where(batches.c.as_of > since).order_by(batches.c.batch)
        return [(row["batch"], row["as_of"]) for row in self.rows(query)]

    def commit(self, batch: Batch) -> None:
        """One transaction: either the whole batch is acknowledged or none of it."""
        head = {
            "batch": batch.batch,
            "kind": batch.kind,
            "as_of": batch.as_of,
            "committed_at": batch.committed_at,
        }
        with self._engine.begin() as connection:
            connection.execute(batches.insert().values(**head, **asdict(batch.counts)))
            _insert(connection, batch_files, [_file_row(batch.batch, each) for each in batch.files])
            _insert(connection, segments, [_segment_row(batch.batch, each) for each in batch.segments])
            _insert(connection, resolved, [asdict(each) | {"batch": batch.batch} for each in batch.resolved])
            _remember(connection, batch.states, batch.failures)

    def remember(self, states: Sequence[FileState], seen_failures: Sequence[Failure]) -> None:
        """Files that gave no batch: refused ones, and known bytes under another name."""
        with self._engine.begin() as connection:
            _remember(connection, states, seen_failures)

    def resolved_numbers(self) -> pa.Table:
        """quarantine_number of every refused record that a replay has resolved."""
        numbers = [row["quarantine_number"] for row in self.rows(sa.select(resolved.c.quarantine_number))]
        return pa.table({"quarantine_number": pa.array(numbers, pa.int64())})

    def known_files(self) -> dict[str, FileState]:
        return {row["path"]: FileState(**row) for row in self.rows(sa.select(files))}

    def known_file(self, path: str) -> FileState | None:
        rows = self.rows(sa.select(files).where(files.c.path == path))
        return FileState(**rows[0]) if rows else None

    def twins(self, source: str, path: str, size: int) -> list[FileState]:
        """Other files of the source that had just this size when they were read."""
        query = sa.select(files).where(files.c.size == size, files.c.source == source, files.c.path != path)
        return [FileState(**row) for row in self.rows(query.where(files.c.status == "read"))]

    def segment_paths(self) -> set[str]:
        return {row["path"] for row in self.rows(sa.select(segments.c.path))}

    def segments(self, kind: str, after: int, upto: int, held: Collection[int] = ()) -> list[Segment]:
        """The segments of one kind with rows of batches after `after` up to `upto`, or of the batches in `held`.

        A compacted one may have rows of other batches too: `Lake.cuts` keeps them out of queries.
        """
        begun = segments.c.first_number < (upto + 1) << 32
        query = sa.select(segments).where(segments.c.kind == kind, begun)
        rows = self.rows(query.order_by(segments.c.batch, segments.c.path))
        found = [_segment(row) for row in rows]
        return [each for each in found if each.last_batch > after or each.spans_any(held)]

    def replace_segments(self, old: Sequence[Segment], new: Segment, at: int) -> None:
        """One transaction: `new` stands for `old`, which is all that its kind and received day has. at: µs UTC.

        Errors: LedgerError when the day has other segments by now; nothing is changed then.
        """
        of_day = (segments.c.kind == new.kind) & (segments.c.received_date == new.received_date.isoformat())
        with self._engine.begin() as connection:
            rows = [dict(row) for row in connection.execute(sa.select(segments).where(of_day)).mappings()]
            if {row["path"] for row in rows} != {each.path for each in old}:
                raise LedgerError(f"{new.kind} of {new.received_date} changed meanwhile; compact it again")
            told = {"replaced_by": new.path, "replaced_at": at}
            _insert(connection, replaced_segments, [row | told for row in rows])
            connection.execute(segments.delete().where(of_day))
            _insert(connection, segments, [_segment_row(new.last_batch, new)])

    def strike(self, paths: Collection[str], at: int) -> list[Segment]:
        """Segments that are lost: out of the log, their rows kept as replaced by nothing. Returns them. at: µs UTC."""
        chosen = segments.c.path.in_(paths)
        with self._engine.begin() as connection:
            rows = [dict(row) for row in connection.execute(sa.select(segments).where(chosen)).mappings()]
            _insert(connection, replaced_segments, [row | {"replaced_by": "", "replaced_at": at} for row in rows])
            connection.execute(segments.delete().where(chosen))
        return [_segment(row) for row in rows]

    def replaced_among(self, paths: Collection[str], before: int = sys.maxsize) -> set[str]:
        """Those of the paths that were segments once, replaced at or before a moment (µs UTC)."""
        query = sa.select(replaced_segments.c.path).where(replaced_segments.c.replaced_at <= before)
        wanted, found = sorted(paths), set()
        for start in range(0, len(wanted), MOST_NAMES):
            chosen = query.where(replaced_segments.c.path.in_(wanted[start : start + MOST_NAMES]))
            found |= {row["path"] for row in self.rows(chosen)}
        return found

    def files_of_received_date(self, day: date) -> list[FileState]:
        """The files whose batches wrote a segment of that received day, compacted by now or not."""
        of_day = [sa.select(each.c.batch).where(each.c.received_date == day.isoformat()) for each in SEGMENTS_EVER]
        paths = sa.select(batch_files.c.path).where(batch_files.c.batch.in_(sa.union(*of_day)))
        query = sa.select(files).where(files.c.path.in_(paths)).order_by(files.c.path)
        return [FileState(**row) for row in self.rows(query)]

    def totals(self) -> list[tuple]:
        """(source, *COUNTS) over all ingests: a day that was read again is left out, its records came before."""
        sums = [sa.func.sum(batch_files.c[name]) for name in COUNTS]
        joined = sa.join(batch_files, batches, batch_files.c.batch == batches.c.batch)
        query = sa.select(batch_files.c.source, *sums).select_from(joined).where(batches.c.kind == "ingest")
        with self._engine.connect() as connection:
            found = connection.execute(query.group_by(batch_files.c.source).order_by(batch_files.c.source))
            return [(row[0], *map(int, row[1:])) for row in found]

    def sources_of_events(self) -> list[str]:
        """Every source that ever brought an event."""
        query = sa.select(batch_files.c.source).where(batch_files.c.accepted > 0).distinct()
        return sorted(row["source"] for row in self.rows(query))

    def arrow_tables(self, names: Collection[str]) -> dict[str, pa.Table]:
        """Those of `ledger.<table>` that are named -> their rows, as queries see them."""
        tables = {f"ledger.{name}": table for name, table in metadata.tables.items()}
        return {name: self._arrow(table) for name, table in tables.items() if name in names}

    def _arrow(self, table: sa.Table) -> pa.Table:
        return pa.Table.from_pylist(self.rows(sa.select(table)), schema=arrow_schema(table))

    def rows(self, query: sa.Select) -> list[dict]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def change(self, *statements: sa.Executable) -> int:
        """Runs them in one transaction; how many rows they touched."""
        with self._engine.begin() as connection:
            return sum(connection.execute(each).rowcount for each in statements)

    def connect(self) -> sa.Connection:
        """A connection of its own, for what must live as long as it."""
        return self._engine.connect()

    def _scalar(self, query: sa.Select):
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()


def _insert(connection: sa.Connection, table: sa.Table, rows: list[dict]) -> None:
    if rows:
        connection.execute(table.insert(), rows)


def _remember(connection: sa.Connection, states: Sequence[FileState], seen_failures: Sequence[Failure]) -> None:
    for state in states:
        connection.execute(files.delete().where(files.c.path == state.path))
    _insert(connection, files, [asdict(state) for state in states])
    _insert(connection, failures, [asdict(failure) for failure in seen_failures])


def _file_row(batch: int, file: FileCounts) -> dict:
    head = {"batch": batch, "path": file.path, "source": file.source, "first_number": file.first_number}
    return head | asdict(file.counts)


def _segment(row: dict) -> Segment:
    rest = {key: value for key, value in row.items() if key not in ("batch", "received_date")}
    return Segment(received_date=date.fromisoformat(row["received_date"]), **rest)


def _segment_row(batch: int, segment: Segment) -> dict:
    return asdict(segment) | {"batch": batch, "received_date": segment.received_date.isoformat()}
