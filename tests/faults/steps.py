"""Counts the write steps of this process, and lets it die at one of them, killed or with the power cut, or lets that step fail.

A step is what changes the disk: a file's bytes, fsync, rename, unlink, mkdir, a commit of the ledger, and of DuckDB a commit,
a copy, or (`every_statement`) anything. The process dies before the step, or with half of the bytes written.
"""

import errno
import os
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
import sqlalchemy as sa
from sqlalchemy import event

from pipelines import lake, warehouse
from tests.faults.disk import Disk

NAMES = re.compile(r"\d{10}-[0-9a-f]{6}")
DURABLE = re.compile(
    r"(commit|copy|attach|detach publishing|create table publishing|delete from warehouse\.house"
    r"|create schema if not exists warehouse\.house)"
)


@dataclass(frozen=True, slots=True)
class Failing:
    """The step that fails. A bad sector (EIO) fails once; a full disk (ENOSPC) fails whatever else is written, too."""

    step: int
    error: int

    def hits(self, step: int, label: str) -> bool:
        is_later = self.error == errno.ENOSPC and step > self.step and not label.startswith("unlink")
        return step == self.step or is_later

    def fail(self, label: str) -> None:
        """Errors: what the real one raises."""
        if label.startswith("duckdb"):
            raise duckdb.IOException(f"{os.strerror(self.error)}: {label}")
        raise OSError(self.error, os.strerror(self.error), label)


class Steps:
    """`labels`: the steps so far; `die_at`: the number of the last one, from 1; `pause_at`: a label to wait at."""

    def __init__(
        self, root: Path, die_at: int | None, cut_power: bool, pause_at: str | None, failing: Failing | None = None
    ) -> None:
        self._root, self._die_at, self._cut_power, self._pause_at = root, die_at, cut_power, pause_at
        self._failing = failing
        self.labels: list[str] = []
        self.disk = Disk(root / "aside")

    def step(self, label: str, written: Path | None = None) -> None:
        """Counts one; `written`: the file whose bytes it has just written."""
        self.labels.append(NAMES.sub("<batch>", label.replace(f"{self._root}/", "")))
        if self.labels[-1] == self._pause_at:
            self._pause()
        if written is not None:
            self.disk.wrote(written)
        if len(self.labels) == self._die_at:
            self._die(written)
        if self._failing and self._failing.hits(len(self.labels), self.labels[-1]):
            _halve(written)
            self._failing.fail(self.labels[-1])

    def _die(self, written: Path | None) -> None:
        _halve(written)
        if self._cut_power:
            self.disk.cut_power()
        os.kill(os.getpid(), signal.SIGKILL)

    def _pause(self) -> None:
        (self._root / "paused").touch()
        while not (self._root / "go").exists():
            time.sleep(0.01)


def _halve(written: Path | None) -> None:
    if written is not None:
        os.truncate(written, written.stat().st_size // 2)


def count_steps(steps: Steps, every_statement: bool = False) -> None:
    """From here on the steps of this process count."""
    _count_renames(steps)
    _count_removals(steps)
    _count_folders(steps)
    _count_syncs(steps)
    _count_bytes(steps)
    event.listen(sa.Engine, "commit", lambda _connection: steps.step("ledger commit"))
    connect = warehouse._connect
    warehouse._connect = lambda settings: Counted(connect(settings), steps, every_statement)  # type: ignore[assignment]


def _count_renames(steps: Steps) -> None:
    def counted(real):
        def rename(old, new) -> None:
            steps.step(f"rename {new}")
            steps.disk.will_rename(Path(old), Path(new))
            real(old, new)

        return rename

    os.rename, os.replace = counted(os.rename), counted(os.replace)


def _count_removals(steps: Steps) -> None:
    real = os.unlink

    def unlink(path, **more) -> None:
        steps.step(f"unlink {path}")
        real(path, **more)

    os.unlink = unlink


def _count_folders(steps: Steps) -> None:
    real = os.mkdir

    def mkdir(path, *more) -> None:
        if not Path(path).exists():
            steps.step(f"mkdir {path}")
            steps.disk.made_folder(Path(path))
        real(path, *more)

    os.mkdir = mkdir


def _count_syncs(steps: Steps) -> None:
    real = os.fsync

    def fsync(descriptor) -> None:
        steps.step("fsync")
        real(descriptor)
        steps.disk.synced(descriptor)

    os.fsync = fsync


def _count_bytes(steps: Steps) -> None:
    write_table, write_tables, save, write_text = pq.write_table, lake.write_tables, np.save, Path.write_text

    def writing_table(table, where, **more) -> None:
        write_table(table, where, **more)
        steps.step(f"write {where}", Path(where))

    def writing_tables(tables, path) -> tuple:
        written = write_tables(tables, path)
        steps.step(f"write {path}", Path(path))
        return written

    def saving(file, rows) -> None:
        save(file, rows)
        file.flush()
        steps.step(f"write {file.name}", Path(file.name))

    def writing_text(self: Path, text: str) -> None:
        write_text(self, text)
        steps.step(f"write {self}", self)

    pq.write_table, np.save, Path.write_text = writing_table, saving, writing_text  # type: ignore[assignment]
    lake.write_tables = writing_tables


class Counted:
    """A connection whose writing statements are steps."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, steps: Steps, every_statement: bool) -> None:
        self._connection, self._steps, self._every = connection, steps, every_statement
        connection.execute("set python_scan_all_frames = true")  # this frame stands between the rows and their reader

    def execute(self, text: str, *more):
        said = " ".join(text.split()).lower()
        if DURABLE.match(said) or (self._every and not said.startswith("select")):
            self._steps.step(f"duckdb {said:.60}")
        return self._connection.execute(text, *more)

    def __getattr__(self, name: str):
        return getattr(self._connection, name)
