"""Negative controls: our own code, broken at one point each. A rig that does not notice its break says nothing by its zeros."""

import hashlib
import os
import time
from contextlib import nullcontext, suppress
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from pipelines import lake, published, warehouse
from pipelines.envelope import FileRefused
from pipelines.ingest import coordinator as ingest
from pipelines.ingest import shelf
from pipelines.ingest.known_ids import KnownIds
from pipelines.lake import TEMPORARY, Segment, write_segment
from pipelines.ledger import Ledger
from pipelines.ledger.tables import resolved, segments
from pipelines.published import files
from pipelines.refresh import _Refresh
from pipelines.warehouse.state import State, TableState


def put(where: object, name: str, broken: object) -> None:
    """Errors: AssertionError when our code has no such name any more, so a control cannot fall silent."""
    assert hasattr(where, name), f"{where} has no {name}: this control breaks nothing"
    setattr(where, name, broken)


def remember_files_first() -> None:
    """The ledger says in a transaction of its own that the files were read, before the one with the batch."""
    commit = Ledger.commit

    def broken(self: Ledger, batch) -> None:
        self.remember(batch.states, [])
        commit(self, batch)

    put(Ledger, "commit", broken)


def take_duplicates() -> None:
    """Nothing is checked against what is known: every event is new."""
    put(KnownIds, "see", lambda self, rows: (np.ones(len(rows), bool), np.zeros(len(rows), bool)))


def remove_before_the_commit() -> None:
    """Segments go before the ledger knows the one that stands for them."""
    replace = Ledger.replace_segments

    def broken(self: Ledger, old: list[Segment], new: Segment, at: int) -> None:
        folder = Path(self.address.removeprefix("sqlite:///")).parent / "lake"
        for each in old:
            (folder / each.path).unlink()
        replace(self, old, new, at)

    put(Ledger, "replace_segments", broken)


def keep_what_was_replaced() -> None:
    """The ledger learns of the new segment in a transaction of its own, before the old ones are taken out."""

    def broken(self: Ledger, old: list[Segment], new: Segment, at: int) -> None:
        row = asdict(new) | {"batch": new.last_batch, "received_date": new.received_date.isoformat()}
        with self._engine.begin() as connection:
            connection.execute(segments.insert().values(**row))
        with self._engine.begin() as connection:
            connection.execute(segments.delete().where(segments.c.path.in_([each.path for each in old])))

    put(Ledger, "replace_segments", broken)


def resolve_first() -> None:
    """The ledger says in a transaction of its own what a replay has moved, before the one with its events."""
    commit = Ledger.commit

    def broken(self: Ledger, batch) -> None:
        rows = [asdict(each) | {"batch": batch.batch} for each in batch.resolved]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(resolved.insert(), rows)
        batch.resolved = []
        commit(self, batch)

    put(Ledger, "commit", broken)


def sync_nothing() -> None:
    """Segments are neither synced nor renamed."""

    def broken(lake: Path, kind: str, table, received_date, name: str) -> Segment:
        path = f"{kind}/received_date={received_date.isoformat()}/{name}.parquet"
        (lake / path).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, lake / path)
        data, numbers = (lake / path).read_bytes(), table.column(0).to_pylist()
        digest = hashlib.sha256(data).hexdigest()
        return Segment(path, kind, received_date, len(numbers), len(data), digest, min(numbers), max(numbers))

    put(shelf, "write_segment", broken)


def sync_up_to_the_lake() -> None:
    """The lake's own name, and that of the folder it lies in, are not made durable."""
    put(lake, "sync_folder", lambda folder: [sync_one(each) for each in (folder, *folder.parents[:2])])


def sync_one(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def move_position_first() -> None:
    """A table's new position is committed before the rows that it stands for."""
    replace_rows = _Refresh._replace_rows

    def broken(self: _Refresh, before: TableState) -> None:
        self.state.save(
            TableState(before.name, before.build, self.target, before.row_count, self.definition, self.inputs)
        )
        self.connection.execute("commit")
        self.connection.execute("begin")
        replace_rows(self, before)

    put(_Refresh, "_replace_rows", broken)


def publish_in_place() -> None:
    """A published file is written over the old one, on a slow disk."""

    def broken(temporary: Path, path: Path) -> None:
        data = temporary.read_bytes()
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
            file.flush()
            os.fsync(file.fileno())
            time.sleep(0.03)
            file.write(data[len(data) // 2 :])

    put(files, "replace_durably", broken)


def refuse_files_on_a_bad_disk() -> None:
    """Whatever the disk says while files are read is taken for a fault of the files."""
    read_all = ingest._Ingest._read_all

    def broken(self, tasks) -> None:
        try:
            read_all(self, tasks)
        except OSError as error:
            for task in tasks:
                self._refuse(task, FileRefused("file_corrupt", str(error)))

    put(ingest._Ingest, "_read_all", broken)


def acknowledge_what_was_not_written() -> None:
    """A segment that does not fit is taken for written."""

    def broken(lake: Path, kind: str, table, received_date, name: str) -> Segment:
        try:
            return write_segment(lake, kind, table, received_date, name)
        except OSError:
            path = f"{kind}/received_date={received_date.isoformat()}/{name}.parquet"
            (lake / (path + TEMPORARY)).unlink()
            numbers = table.column(0).to_pylist()
            return Segment(path, kind, received_date, len(numbers), 0, "", min(numbers), max(numbers))

    put(shelf, "write_segment", broken)


def acknowledge_what_was_not_committed() -> None:
    """A commit of the ledger that fails is passed over."""
    commit = Ledger.commit

    def broken(self: Ledger, batch) -> None:
        with suppress(OSError):
            commit(self, batch)

    put(Ledger, "commit", broken)


def go_on_without_the_bytes() -> None:
    """A published file that cannot be made durable is passed over."""
    replace_durably = files.replace_durably

    def broken(temporary: Path, path: Path) -> None:
        with suppress(OSError):
            replace_durably(temporary, path)

    put(files, "replace_durably", broken)


def ask_nobody_whether_it_is_writable() -> None:
    """The first file that cannot be written tells."""
    for where in (warehouse, published):
        put(where, "refuse_read_only", lambda *folders: None)


def lock_nothing() -> None:
    """Whoever comes writes."""
    put(warehouse, "writer_lock", lambda path, wait_seconds=0: nullcontext())


def trust_any_warehouse() -> None:
    """The warehouse is not asked from which ledger it was built, nor whether its rows are all there."""
    put(State, "_forget_everything", lambda self, ledger_id: None)
    put(State, "lost_rows", lambda self, state: None)


def trust_any_index() -> None:
    """What the index of known ids lacks is not read from the segments."""
    put(ingest, "open_known_ids", lambda folder, ledger, lake: KnownIds(folder))


def name_by_the_clock() -> None:
    """Records that carry no id get one with the time in it."""
    made_ids = ingest._made_ids

    def broken(*what) -> tuple[list[str], list[str]]:
        made, refused = made_ids(*what)
        return [f"{each}-{ingest.now()}" for each in made], refused

    put(ingest, "_made_ids", broken)


def same_names_for_every_attempt() -> None:
    """A segment's name does not say which try of the batch wrote it."""
    put(shelf, "token_hex", lambda size: "0" * 2 * size)
