"""What was ingested: batches, the files they read, the segments they wrote, the files they refused.

The ledger and the segments are the only truth; everything in the warehouse can be rebuilt from them. SQLite by default,
PostgreSQL by URL. A batch exists from the moment its one transaction commits; until then its segments are litter.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError

from pipelines.errors import TrailhouseError
from pipelines.lake import Segment

COUNTS = ("records_in", "accepted", "duplicate_same", "duplicate_conflict", "quarantined", "blank")
CONSERVATION = "records_in = accepted + duplicate_same + duplicate_conflict + quarantined + blank"

metadata = sa.MetaData()


def _count_columns() -> list[sa.Column]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in COUNTS]


about = sa.Table("about", metadata, sa.Column("ledger_id", sa.Text, primary_key=True))

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("batch", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("as_of", sa.BigInteger, nullable=False),
    sa.Column("committed_at", sa.BigInteger, nullable=False),
    *_count_columns(),
    sa.CheckConstraint(CONSERVATION, name="batches_conserve_records"),
)

batch_files = sa.Table(
    "batch_files",
    metadata,
    sa.Column("batch", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("first_number", sa.BigInteger, nullable=False),
    *_count_columns(),
    sa.CheckConstraint(CONSERVATION, name="batch_files_conserve_records"),
)

segments = sa.Table(
    "segments",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("batch", sa.BigInteger, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("received_date", sa.Text, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("first_number", sa.BigInteger, nullable=False),
    sa.Column("last_number", sa.BigInteger, nullable=False),
)

files = sa.Table(
    "files",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False, index=True),
    sa.Column("modified_ns", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("content_bytes", sa.BigInteger, nullable=False),
    sa.Column("content_sha256", sa.Text, nullable=False),
)

failures = sa.Table(
    "failures",
    metadata,
    sa.Column("failure", sa.Integer, primary_key=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
)


class LedgerError(TrailhouseError):
    """The ledger cannot be opened or refuses a row; says which address and what to do."""


@dataclass(slots=True)
class Counts:
    """Where the records of a batch or of one of its files went; `CONSERVATION` holds or the ledger refuses the row."""

    records_in: int = 0
    accepted: int = 0
    duplicate_same: int = 0
    duplicate_conflict: int = 0
    quarantined: int = 0
    blank: int = 0

    def add(self, other: "Counts") -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


@dataclass(slots=True)
class FileState:
    """What is known of one path: how far it was read, and the hash of those (decompressed) bytes."""

    path: str
    source: str
    size: int
    modified_ns: int
    status: str = "read"  # read | same (its bytes came under another name) | refused (see failures)
    content_bytes: int = 0
    content_sha256: str = ""


@dataclass(slots=True)
class FileCounts:
    path: str
    source: str
    first_number: int
    counts: Counts = field(default_factory=Counts)


@dataclass(slots=True)
class Failure:
    path: str
    source: str
    reason: str
    detail: str
    seen_at: int


@dataclass(slots=True)
class Batch:
    """Everything that one commit says. `as_of` and `committed_at`: microseconds since 1970, UTC."""

    batch: int
    kind: str
    as_of: int
    committed_at: int = 0
    counts: Counts = field(default_factory=Counts)
    files: list[FileCounts] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    states: list[FileState] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


class Ledger:
    """Opens (and on first use creates) the ledger.

    Errors: LedgerError when the address cannot be opened; IntegrityError when a row breaks conservation.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._engine = _open(address)
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
            _remember(connection, batch.states, batch.failures)

    def remember(self, states: Sequence[FileState], seen_failures: Sequence[Failure]) -> None:
        """Files that gave no batch: refused ones, and known bytes under another name."""
        with self._engine.begin() as connection:
            _remember(connection, states, seen_failures)

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
        """The segments of one kind that batches after `after` up to `upto` wrote, and those of the batches in `held`."""
        query = sa.select(segments).where(segments.c.kind == kind, segments.c.batch <= upto)
        rows = self.rows(query.order_by(segments.c.batch, segments.c.path))
        return [_segment(row) for row in rows if row["batch"] > after or row["batch"] in held]

    def files_of_received_date(self, day: date) -> list[FileState]:
        """The files whose batches wrote a segment of that received day."""
        of_day = sa.select(segments.c.batch).where(segments.c.received_date == day.isoformat())
        paths = sa.select(batch_files.c.path).where(batch_files.c.batch.in_(of_day))
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

    def arrow_tables(self) -> dict[str, pa.Table]:
        """`ledger.<table>` -> its rows, as queries see them."""
        return {f"ledger.{each.name}": self._arrow(each) for each in (batches, batch_files, segments, files, failures)}

    def _arrow(self, table: sa.Table) -> pa.Table:
        return pa.Table.from_pylist(self.rows(sa.select(table)), schema=arrow_schema(table))

    def rows(self, query: sa.Select) -> list[dict]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _scalar(self, query: sa.Select):
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()


def _open(address: str) -> sa.Engine:
    try:
        url = sa.make_url(address)
    except ArgumentError as error:
        raise LedgerError(
            f"TRAILHOUSE_LEDGER_URL: {error}; write sqlite:///<path> or postgresql+psycopg://…"
        ) from error
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url)
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _durable)
    return engine


def _durable(connection, _record) -> None:
    """An acknowledged batch survives a power cut; readers do not block the writer."""
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute("pragma busy_timeout=30000")


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


def arrow_schema(table: sa.Table) -> pa.Schema:
    kinds = {sa.Text: pa.string(), sa.BigInteger: pa.int64(), sa.Integer: pa.int64()}
    return pa.schema([(column.name, kinds[type(column.type)]) for column in table.columns])
