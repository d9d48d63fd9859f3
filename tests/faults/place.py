"""A place of its own for a test that reads files: an inbox, a data folder, the checkout's sources, and no warehouse."""

import gzip
import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import sqlalchemy as sa
import zstandard

from pipelines.config.sources import Source, load_sources
from pipelines.files.inbox import Task, find_new, task_of
from pipelines.ingest.coordinator import ingest
from pipelines.lake import remove_unacknowledged
from pipelines.ledger import Batch, Counts, Ledger, tables
from pipelines.lock import writer_lock
from tests.faults.catalogue import line
from tests.houses import settings_in

AS_OF = 1_772_366_400_000_000  # 2026-03-01T12:00:00Z


class Place:
    """`read` does what the house does between taking the writer's lock and refreshing."""

    def __init__(self, folder: Path, **changes) -> None:
        self.settings = settings_in(folder, **changes)
        self.sources: dict[str, Source] = load_sources(self.settings.config_folder / "sources.yaml")

    def declare(self, source: str, **words) -> None:
        """Another format of a source, say, than config/sources.yaml has."""
        self.sources[source] = self.sources[source].model_copy(update=words)

    def add(self, source: str, **words) -> None:
        """One more source, like the web's but for these words."""
        like = self.sources["web"]
        self.sources[source] = like.model_copy(update={"name": source, "folder": Path("inbox") / source} | words)

    def put(self, name: str, data: bytes, source: str = "web") -> Path:
        """A file in the source's folder, there at once; a name that ends in .gz or .zst compresses it."""
        path = self.settings.inbox_root / self.sources[source].folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}")
        temporary.write_bytes(packed(name, data))
        temporary.replace(path)
        return path

    def new(self, settled: bool = False) -> list[Task]:
        with closing(self.ledger()) as ledger:
            return find_new(self.settings.inbox_root, self.sources, ledger.known_files(), settled)

    def task(self, path: Path) -> Task:
        with closing(self.ledger()) as ledger:
            task = task_of(path, self.settings.inbox_root, self.sources, ledger.known_file)
        assert task is not None, f"{path} lies in no source's folder"
        return task

    def read(self, tasks: Sequence[Task] | None = None, as_of: int = AS_OF, kind: str = "ingest") -> Batch:
        """One batch of `tasks`, by default of all that is new."""
        chosen = self.new() if tasks is None else tasks
        with (
            writer_lock(self.settings.data_folder / "writer.lock"),
            closing(self.ledger()) as ledger,
        ):
            remove_unacknowledged(self.settings.lake_folder, ledger.segment_paths())
            return ingest(self.settings, self.sources, ledger, chosen, as_of, kind)

    def ledger(self) -> Ledger:
        return Ledger(self.settings.ledger_address)

    def rows(self, kind: str) -> list[dict]:
        """All acknowledged rows of 'events' or 'quarantine', in the order of the log."""
        with closing(self.ledger()) as ledger:
            segments = ledger.segments(kind, 0, ledger.last_batch())
        found = [row for each in segments for row in pq.read_table(self.settings.lake_folder / each.path).to_pylist()]
        return sorted(found, key=lambda row: next(iter(row.values())))

    def events(self) -> list[dict]:
        return self.rows("events")

    def quarantine(self) -> list[dict]:
        return self.rows("quarantine")

    def failures(self) -> list[tuple[str, str]]:
        """(path, reason) of every file that was refused, in order."""
        with closing(self.ledger()) as ledger:
            rows = ledger.rows(sa.select(tables.failures).order_by(tables.failures.c.failure))
        return [(row["path"], row["reason"]) for row in rows]

    def totals(self) -> Counts:
        """Over all batches. Errors: AssertionError when a batch's files do not add up to it."""
        with closing(self.ledger()) as ledger:
            batches, files = (ledger.rows(sa.select(each)) for each in (tables.batches, tables.batch_files))
        sums = [[sum(row[name] for row in rows) for name in tables.COUNTS] for rows in (batches, files)]
        assert sums[0] == sums[1], f"batches say {sums[0]}, their files {sums[1]}"
        return Counts(*sums[0])

    def lake_files(self) -> set[str]:
        """Every file in the lake, whether the ledger knows it or not."""
        lake = self.settings.lake_folder
        return {path.relative_to(lake).as_posix() for path in lake.rglob("*") if path.is_file()}


def two_batches(folder: Path) -> Place:
    """With events and refused records: two segments a batch."""
    place = Place(folder)
    for number in (1, 2):
        lines = [line(event_id=f"e-{number}-{n}", ids={"user": f"u-{n}"}) for n in range(20)]
        place.put(f"{number}.ndjson", b"\n".join([*lines, line(event_id=f"bad-{number}", event_name=7)]))
        place.read(as_of=AS_OF + number)
    return place


def packed(name: str, data: bytes) -> bytes:
    """As a file of that name would hold it."""
    if name.endswith(".gz"):
        return gzip.compress(data, mtime=0)
    return zstandard.compress(data) if name.endswith(".zst") else data


def touch(path: Path, age_seconds: float, now_ns: int) -> None:
    """Sets the file's age."""
    moment = now_ns - round(age_seconds * 1e9)
    os.utime(path, ns=(moment, moment))
