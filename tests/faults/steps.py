"""Counts the write steps of this process, and lets it die at one of them: killed, or with the power cut.

A step is what changes the disk: a file's bytes, fsync, rename, unlink, mkdir, a commit of the ledger, and of DuckDB a commit,
a copy, or (`every_statement`) anything. The process dies before the step, or with half of the bytes written.
"""

import os
import re
import signal
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
import sqlalchemy as sa
from sqlalchemy import event

from pipelines import warehouse
from tests.faults.disk import Disk

NUMBERS = re.compile(r"\d{10}-[0-9a-f]{6}")
DURABLE = re.compile(r"\s*(commit|copy|attach|delete from warehouse\.house|create schema if not exists warehouse\.house)", re.I)


class Steps:
    """`labels`: the steps so far; `die_at`: the number of the last one, from 1; `pause_at`: a label to wait at."""

    def __init__(self, root: Path, die_at: int | None, cut_power: bool, pause_at: str | None) -> None:
        self._root, self._die_at, self._cut_power, self._pause_at = root, die_at, cut_power, pause_at
        self.labels: list[str] = []
        (root / "aside").mkdir(exist_ok=True)
        self.disk = Disk(root / "aside")

    def step(self, label: object) -> None:
        self.labels.append(NUMBERS.sub("<batch>", str(label).replace(str(self._root), "")))
        if self.labels[-1] == self._pause_at:
            self._pause()
        if self.is_last:
            self.die()

    def half(self, label: object, path: str) -> None:
        """A step that has just written `path`."""
        self.labels.append(NUMBERS.sub("<batch>", str(label).replace(str(self._root), "")))
        self.disk.wrote(path)
        if self.is_last:
            os.truncate(path, Path(path).stat().st_size // 2)
            self.die()

    @property
    def is_last(self) -> bool:
        return len(self.labels) == self._die_at

    def die(self) -> None:
        if self._cut_power:
            self.disk.cut_power()
        os.kill(os.getpid(), signal.SIGKILL)

    def _pause(self) -> None:
        (self._root / "paused").write_bytes(b"")
        while not (self._root / "go").exists():
            time.sleep(0.01)


def count_steps(steps: Steps, every_statement: bool = False) -> None:
    """From here on the steps of this process count."""
    _count_names(steps)
    _count_syncs(steps)
    _count_bytes(steps)
    event.listen(sa.Engine, "commit", lambda _connection: steps.step("ledger commit"))
    connect = warehouse._connect
    warehouse._connect = lambda settings: Counted(connect(settings), steps, every_statement)  # type: ignore[assignment]


def _count_names(steps: Steps) -> None:
    real = {"rename": os.rename, "replace": os.replace}

    def renaming(name: str):
        def rename(old, new) -> None:
            steps.step(f"{name} {new}")
            steps.disk.will_rename(str(old), str(new))
            real[name](old, new)

        return rename

    os.rename, os.replace = renaming("rename"), renaming("replace")
    _count_removals_and_folders(steps)


def _count_removals_and_folders(steps: Steps) -> None:
    real_unlink, real_mkdir = os.unlink, os.mkdir

    def unlink(path, **more) -> None:
        steps.step(f"unlink {path}")
        real_unlink(path, **more)

    def mkdir(path, *more) -> None:
        if not Path(path).exists():
            steps.step(f"mkdir {path}")
            steps.disk.made_folder(str(path))
        real_mkdir(path, *more)

    os.unlink, os.mkdir = unlink, mkdir


def _count_syncs(steps: Steps) -> None:
    real = os.fsync

    def fsync(descriptor) -> None:
        steps.step("fsync")
        real(descriptor)
        steps.disk.synced(descriptor)

    os.fsync = fsync


def _count_bytes(steps: Steps) -> None:
    write_table, save, write_text = pq.write_table, np.save, Path.write_text

    def writing_table(table, where, **more) -> None:
        write_table(table, where, **more)
        steps.half(f"write {where}", str(where))

    def saving(file, rows) -> None:
        save(file, rows)
        file.flush()
        steps.half(f"write {file.name}", str(file.name))

    def writing_text(self: Path, text: str) -> None:
        write_text(self, text)
        steps.half(f"write {self}", str(self))

    pq.write_table, np.save, Path.write_text = writing_table, saving, writing_text  # type: ignore[assignment]


class Counted:
    """A connection whose writing statements are steps."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, steps: Steps, every_statement: bool) -> None:
        self._connection, self._steps, self._every = connection, steps, every_statement
        connection.execute("set python_scan_all_frames = true")  # this frame stands between the rows and their reader

    def execute(self, text: str, *more):
        if DURABLE.match(text) or (self._every and not text.lstrip().lower().startswith("select")):
            self._steps.step("duckdb " + " ".join(text.split())[:60])
        return self._connection.execute(text, *more)

    def __getattr__(self, name: str):
        return getattr(self._connection, name)
