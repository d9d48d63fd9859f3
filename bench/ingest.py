"""Our ingest of one NDJSON file against DuckDB's bare COPY of it: the same columns, all cores, run in turn.

The peer judges nothing: it fails on the first bad record, knows no duplicates, and does not sync what it wrote.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from bench.cache import bench_settings, fresh, remove
from bench.figures import Figures, middle, seconds, spread
from bench.native_events import native_file
from bench.parts import Parts
from bench.watched import ALL_CORES, ONE_PROCESS
from pipelines import work
from pipelines.ledger import Batch
from pipelines.settings import Settings
from pipelines.warehouse import House, load_house, open_warehouse

SAMPLE_EVENTS = 200_000  # of the run in one process that tells what the workers do

PEER = """
copy (
    select event_id, event_name, cast(timestamp as timestamptz) as occurred_at, sent_at, received_at,
        timestamp as raw_timestamp, ids.user as user_id, ids.anonymous as anonymous_id,
        ids.other_user as other_user_id, properties, context
    from read_json('{file}', format = 'newline_delimited', columns = {{
        event_id: 'varchar', event_name: 'varchar', timestamp: 'varchar', sent_at: 'timestamptz',
        received_at: 'timestamptz', ids: 'struct("user" varchar, anonymous varchar, other_user varchar)',
        properties: 'json', context: 'json'}})
) to '{target}' (format parquet, compression zstd)"""


@dataclass(frozen=True, order=True, slots=True)
class Taken:
    """By the clock, and of CPU: this process and its children, all threads."""

    seconds: float
    cpu: float

    @classmethod
    def now(cls) -> "Taken":
        spent = os.times()
        return cls(time.perf_counter(), spent.user + spent.system + spent.children_user + spent.children_system)

    def __sub__(self, other: "Taken") -> "Taken":
        return Taken(self.seconds - other.seconds, self.cpu - other.cpu)

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s ({self.cpu:.2f} s of CPU)"


@dataclass(slots=True)
class Measured:
    """Seconds of every pair of runs, by the clock and of CPU, and what ours said it had read."""

    events: int
    ours: list[Taken] = field(default_factory=list)
    peer: list[Taken] = field(default_factory=list)
    batch: Batch | None = None
    coordinator: Parts = field(default_factory=Parts)
    one_process: Parts = field(default_factory=Parts)

    @property
    def ratios(self) -> list[float]:
        return [ours.seconds / peer.seconds for ours, peer in zip(self.ours, self.peer, strict=True)]


def measure(folder: Path, events: int, runs: int, say: Callable[[str], None]) -> Measured:
    """`runs` pairs in turn, then one run with clocks in the coordinator and one in a single process."""
    file, house = native_file(folder, events), load_house(Settings())
    found = Measured(events)
    for run in range(runs):
        clocks = Parts()
        taken, found.batch = _ours(folder, file, house, clocks)
        if not run or taken < min(found.ours):
            found.coordinator = clocks
        found.ours.append(taken)
        found.peer.append(_peer(folder, file))
        say(f"ingest {run + 1}/{runs}: {taken}; bare COPY {found.peer[-1]}; {found.ratios[-1]:.2f} times")
    sample = native_file(folder, min(events, SAMPLE_EVENTS))
    _ours(folder, sample, house, found.one_process, processes=1)
    remove(folder / "work")
    return found


def _ours(folder: Path, file: Path, house: House, clocks: Parts, processes: int = 0) -> tuple[Taken, Batch]:
    """The path of `trailhouse ingest`, into an empty data folder. Errors: RuntimeError when a record was not accepted."""
    settings = bench_settings(fresh(folder / "work"), file.parents[2])
    settings.processes = processes or settings.processes
    watched = ONE_PROCESS if processes == 1 else ALL_CORES
    with open_warehouse(settings, house) as warehouse, clocks.watching(watched):
        started = Taken.now()
        with clocks.part("the rest"):
            batch = work.read(warehouse, work.tasks_of(warehouse, [file]))
        taken = Taken.now() - started
    if batch.counts.accepted != batch.counts.records_in:
        raise RuntimeError(f"{file}: not every record was accepted, so the times mean nothing: {batch.counts}")
    return taken, batch


def _peer(folder: Path, file: Path) -> Taken:
    target = fresh(folder / "work") / "peer.parquet"
    with duckdb.connect(":memory:", config={"threads": Settings().threads}) as connection:
        started = Taken.now()
        connection.execute(PEER.format(file=file, target=target))
        return Taken.now() - started


def figures(found: Measured) -> list[Figures]:
    title = f"Ingest of {found.events:,} native events, medians of {len(found.ours)}"
    against = Figures(title, ["", "time", "CPU", "events/s", "times the bare COPY"])
    for name, taken, ratio in (("bare COPY of DuckDB", found.peer, "1"), ("ingest", found.ours, spread(found.ratios))):
        by_clock, cpu = middle([each.seconds for each in taken]), middle([each.cpu for each in taken])
        against.rows.append([name, seconds(by_clock), seconds(cpu), f"{found.events / by_clock:,.0f}", ratio])
    coordinator = _shares("The coordinator in the fastest run", found.coordinator)
    alone = _shares(f"All of it in one process, {min(found.events, SAMPLE_EVENTS):,} events", found.one_process)
    return [against, coordinator, alone]


def _shares(title: str, parts: Parts) -> Figures:
    table = Figures(title, ["part", "time", "CPU"])
    for name, (taken, cpu) in sorted(parts.seconds.items(), key=lambda part: -part[1][0]):
        table.rows.append([name, f"{taken:.3f} s", f"{cpu:.3f} s"])
    return table
