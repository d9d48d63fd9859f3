import os
import signal
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipelines.config import load_config
from pipelines.files.records import Block
from pipelines.ingest.shelf import Judgement, Plan, Verdict
from pipelines.ingest.writers import InProcess, Pool, Process
from pipelines.settings import Settings

SOURCES = load_config(Settings().config_folder).sources
LINE = '{{"event_id":"e{0}","event_name":"opened","timestamp":"2026-03-0{1}T12:00:00Z","received_at":"2026-03-0{1}T12:00:01Z"}}'


def block(number: int, size: int = 3) -> Block:
    """Block `number` of a file of events e0, e1, … received on two days in turn; the last line of each is no JSON."""
    first = number * size
    lines = [LINE.format(first + n, 1 + (first + n) % 2) for n in range(size - 1)]
    data = "\n".join([*lines, "{", ""]).encode()
    return Block("web", "inbox/web/a.ndjson", data, first + 1, first + 1, first * 100, None, 1_772_366_400_000_000)


def verdict(judgement: Judgement, name: str) -> Verdict:
    """All of it is new."""
    events, refused = len(judgement.rows), len(judgement.refused)
    ids = [f"{name}-{n}" for n in range(refused)]
    return Verdict(1 << 32, np.ones(events, bool), np.zeros(events, bool), [], [], np.ones(refused, bool), ids)


def run(pool: Pool, blocks: list[Block]) -> list:
    """As the coordinator does it, every block sent before the first verdict."""
    writers = [pool.writers[n % len(pool.writers)] for n in range(len(blocks))]
    if isinstance(pool.writers[0], InProcess):
        return _one_by_one(pool, blocks)
    for writer, each in zip(writers, blocks, strict=True):
        writer.send(each)
    for number, writer in enumerate(writers):
        writer.settle(verdict(writer.receive(), f"r{number}"))
    return pool.finish()


def _one_by_one(pool: Pool, blocks: list[Block]) -> list:
    for number, each in enumerate(blocks):
        pool.writers[0].send(each)
        pool.writers[0].settle(verdict(pool.writers[0].receive(), f"r{number}"))
    return pool.finish()


def rows(lake: Path, segments: list) -> list[tuple]:
    """(kind, received date, row) of all segments, in the order of the log."""
    found = []
    for each in segments:
        table = pq.ParquetFile(lake / each.path).read()
        assert (table.num_rows, (lake / each.path).stat().st_size) == (each.rows, each.bytes)
        found += [(each.kind, each.received_date, *row.values()) for row in table.to_pylist()]
    return sorted(found, key=lambda row: (row[0], row[2]))


@pytest.mark.parametrize(("count", "native"), [(1, True), (2, True), (2, False)])
def test_one_thread_or_many_or_processes_write_the_same_rows(tmp_path, count, native):
    pool = Pool.start(Plan(tmp_path, 1, SOURCES), count, native)
    try:
        found = rows(tmp_path, run(pool, [block(number) for number in range(7)]))
    finally:
        pool.stop()
    assert [(row[0], row[2] - (1 << 32)) for row in found] == [
        *(("events", n + 1) for n in range(21) if n % 3 < 2),
        *(("quarantine", n + 1) for n in range(21) if n % 3 == 2),
    ]


@pytest.mark.parametrize("native", [True, False])
def test_an_error_of_a_writer_is_raised_here_however_much_was_sent_since(tmp_path, native):
    (tmp_path / "events").write_text("no folder")
    pool = Pool.start(Plan(tmp_path, 1, SOURCES), 2, native)
    try:
        with pytest.raises(OSError, match="events"):
            run(pool, [block(number) for number in range(8)])
    finally:
        pool.stop()


def test_a_child_that_fails_takes_what_is_still_sent(tmp_path):
    writer = Process(Plan(tmp_path, 1, {}), "a")
    try:
        for number in range(4):
            writer.send(block(number, 20_000))
        with pytest.raises(KeyError, match="web"):
            writer.receive()
    finally:
        writer.stop()


def test_a_killed_child_is_told_as_such(tmp_path):
    writer = Process(Plan(tmp_path, 1, SOURCES), "a")
    try:
        writer.send(block(0))
        writer.receive()
        os.kill(writer._child.pid, signal.SIGKILL)
        writer._child.wait()
        for speak in (writer.receive, lambda: writer.send(block(1, 20_000))):
            with pytest.raises(ChildProcessError, match="killed"):
                speak()
    finally:
        writer.stop()


def test_a_child_ends_when_the_coordinator_hangs_up(tmp_path):
    writer = Process(Plan(tmp_path, 1, SOURCES), "a")
    writer.send(block(0))
    writer.stop()
    assert writer._child.returncode == 0
    assert not list(tmp_path.iterdir())
