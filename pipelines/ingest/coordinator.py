"""Files in, one batch out: every record judged once, kept or refused, and acknowledged by one ledger commit.

This is the coordinator: it reads blocks in order (file name, then record), has them judged on all cores, decides in that
order what is a duplicate, and commits. Until the commit nothing counts; what a killed ingest left is removed by the next.
"""

import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from pipelines.config.sources import Source
from pipelines.envelope import FileRefused
from pipelines.files import Block, blocks, inspect, read_prefix
from pipelines.files.inbox import Task
from pipelines.files.records import PrefixDigest
from pipelines.ingest.known_ids import QUARANTINE, KnownIds, id_rows, open_known_ids
from pipelines.ingest.shelf import Judgement, Plan, Verdict
from pipelines.ingest.writers import InProcess, InThread, Pool, Process
from pipelines.ledger import Batch, Failure, FileCounts, FileState, Ledger
from pipelines.moments import now
from pipelines.settings import Settings

SMALL_BYTES = 64 << 20  # less than this is judged here: every child process first spends two seconds on its imports

Progress = Callable[[int, int], None]  # (bytes read, bytes in all)


def all_native(tasks: Sequence[Task]) -> bool:
    return all(task.source.fields is None for task in tasks)


@dataclass(slots=True)
class _File:
    """A file being read."""

    task: Task
    counts: FileCounts
    digest: PrefixDigest

    def state(self) -> FileState:
        """How far it was read; a file that grows goes on from there."""
        task, digest = self.task, self.digest
        state = FileState(task.name, task.source.name, task.size, task.modified_ns)
        state.content_bytes, state.content_sha256 = digest.offset, digest.hexdigest()
        return state


@dataclass(slots=True)
class _Pending:
    writer: InProcess | InThread | Process
    block: Block
    file: _File


def ingest(
    settings: Settings,
    sources: dict[str, Source],
    ledger: Ledger,
    tasks: Sequence[Task],
    as_of: int | None = None,
    kind: str = "ingest",
    on_progress: Progress = lambda done, total: None,
) -> Batch:
    """Reads `tasks` as one batch. Call it with the writer's lock held.

    as_of: the batch's recorded time (µs UTC, default: the clock). Returns the batch as committed; batch number 0 when there
    was nothing to commit (no file, or only refused and known ones). Errors: OSError of disk or ledger, with nothing
    acknowledged. A bad record or file is never an error here.
    """
    known_ids = open_known_ids(settings.data_folder / "index", ledger, settings.lake_folder)
    moment = now()
    batch = Batch(ledger.last_batch() + 1, kind, moment if as_of is None else as_of)
    return _Ingest(settings, sources, ledger, known_ids, batch, on_progress).run(tasks)


class _Ingest:
    def __init__(
        self,
        settings: Settings,
        sources: dict[str, Source],
        ledger: Ledger,
        known_ids: KnownIds,
        batch: Batch,
        on_progress: Progress,
    ) -> None:
        self.settings, self.ledger, self.known_ids, self.batch = settings, ledger, known_ids, batch
        self.plan = Plan(settings.lake_folder, batch.batch, sources)
        self.on_progress = on_progress
        self.pending: deque[_Pending] = deque()
        self.read_files: list[_File] = []
        self.prefixes: dict[str, PrefixDigest] = {}
        self.numbered = 0  # records of the batch so far: the next record is this + 1
        self.sent_blocks = 0

    def run(self, tasks: Sequence[Task]) -> Batch:
        by_name = {task.name: task for task in tasks}
        readable = [by_name[name] for name in sorted(by_name) if self._admit(by_name[name])]
        if not readable:
            self.ledger.remember(self.batch.states, self.batch.failures)
            self.batch.batch = 0
            return self.batch
        self._read_all(readable)
        self.batch.committed_at = now()
        self.ledger.commit(self.batch)
        with suppress(OSError):  # a cache: what it lacks is read from the segments by the next ingest
            self.known_ids.commit(self.batch.batch)
        return self.batch

    # ---- which files

    def _admit(self, task: Task) -> bool:
        """False for a file that cannot be read, and for known bytes under another name; the ledger says which."""
        try:
            inspect(task.path, task.source)
            self._refuse_mutated(task)
        except FileRefused as refused:
            self._refuse(task, refused)
            return False
        except FileNotFoundError:
            return False  # gone since it was listed
        except OSError as error:  # of this file alone: nothing was written yet
            self._pass_over(task, error)
            return False
        return not self._is_known_content(task)

    def _refuse_mutated(self, task: Task) -> None:
        """A file may grow; what was read of it may not change."""
        before = task.read_before
        if before is None:
            return
        digest = read_prefix(task.path, task.source, before.content_bytes)
        if digest.hexdigest() != before.content_sha256:
            what = f"its first {before.content_bytes} bytes are not those read before"
            raise FileRefused("file_mutated", f"{what}; send new data under a new name")
        self.prefixes[task.name] = digest

    def _refuse(self, task: Task, refused: FileRefused) -> None:
        state = task.known or FileState(task.name, task.source.name, task.size, task.modified_ns)
        seen = replace(state, size=task.size, modified_ns=task.modified_ns, status="refused")
        self.batch.states.append(seen)
        self.batch.failures.append(
            Failure(task.name, task.source.name, refused.reason, refused.detail, self.batch.as_of)
        )

    def _pass_over(self, task: Task, error: OSError) -> None:
        """A file that cannot be read now, for want of a right perhaps: told once, tried again by every ingest."""
        if task.known is None or task.known.status != "refused":
            what = f"it cannot be read ({error.strerror}); every ingest tries again"
            self._refuse(replace(task, modified_ns=0), FileRefused("file_unsupported", what))

    def _is_known_content(self, task: Task) -> bool:
        """The same bytes under another name: nothing to read. Hashed only where another file has just this size."""
        if task.read_before is not None or task.is_forced:
            return False
        twins = self.ledger.twins(task.source.name, task.name, task.size)
        digest = read_prefix(task.path, task.source, sys.maxsize).hexdigest() if twins else ""
        known = next((each for each in twins if each.content_sha256 == digest), None)
        if known is None:
            return False
        self.batch.states.append(replace(known, path=task.name, modified_ns=task.modified_ns, status="same"))
        return True

    # ---- reading

    def _read_all(self, tasks: Sequence[Task]) -> None:
        total = sum(task.size for task in tasks)
        pool = Pool.start(self.plan, 1 if total < SMALL_BYTES else self.settings.processes, all_native(tasks))
        done = 0
        try:
            for task in tasks:
                self._read(task, pool)
                done += task.size
                self.on_progress(done, total)
            while self.pending:
                self._settle()
            self.batch.segments = pool.finish()
        except BaseException:
            self.known_ids.drop_batch()
            raise
        finally:
            pool.stop()
        for file in self.read_files:
            self.batch.counts.add(file.counts.counts)
            self.batch.states.append(file.state())

    def _read(self, task: Task, pool: Pool) -> None:
        counts = FileCounts(task.name, task.source.name, 0)
        file = _File(task, counts, self.prefixes.pop(task.name, PrefixDigest()))
        self.batch.files.append(counts)
        self.read_files.append(file)
        for block in blocks(task.path, task.source, self.batch.as_of, file.digest.offset, is_inspected=True):
            block.file = task.name
            if len(self.pending) == pool.depth:
                self._settle()  # in turn, so the oldest block is the next writer's
            self._send(_Pending(pool.writers[self.sent_blocks % len(pool.writers)], block, file))

    def _send(self, pending: _Pending) -> None:
        pending.writer.send(pending.block)
        self.pending.append(pending)
        self.sent_blocks += 1

    # ---- deciding, in block order

    def _settle(self) -> None:
        pending = self.pending.popleft()
        judgement = pending.writer.receive()
        pending.writer.settle(self._decide(pending.block, pending.file, judgement))

    def _decide(self, block: Block, file: _File, judgement: Judgement) -> Verdict:
        made_ids, refused_ids = _made_ids(block, file.digest, judgement)
        rows = judgement.rows
        for (row, _, _), made in zip(judgement.missing, made_ids, strict=True):
            rows[row] = id_rows(block.source, [made], rows[row, 2:])[0]
        is_new, is_same = self.known_ids.see(rows)
        conflict = ~is_new & ~is_same
        conflict_ids = [conflict_id(row) for row in rows[conflict]]
        conflict[conflict] = self._not_in_quarantine(block.source, conflict_ids)
        verdict = Verdict(
            offset=(self.batch.batch << 32) + self.numbered - block.first_record + 1,
            keep=is_new,
            conflict=conflict,
            conflict_ids=[conflict_id(row) for row in rows[conflict]],
            made_ids=made_ids,
            keep_refused=self._not_in_quarantine(block.source, refused_ids),
            refused_ids=refused_ids,
        )
        if not file.counts.counts.records_in:
            file.counts.first_number = (self.batch.batch << 32) + self.numbered + 1
        self._count(file, judgement, verdict)
        return verdict

    def _not_in_quarantine(self, source: str, record_ids: list[str]) -> np.ndarray:
        """A refused record that is read again changes nothing."""
        return self.known_ids.see(id_rows(source + QUARANTINE, record_ids))[0]

    def _count(self, file: _File, judgement: Judgement, verdict: Verdict) -> None:
        counts = file.counts.counts
        accepted, conflicts = int(verdict.keep.sum()), int(verdict.conflict.sum())
        refused = int(verdict.keep_refused.sum())
        counts.records_in += judgement.records
        counts.blank += judgement.blank
        counts.accepted += accepted
        counts.duplicate_conflict += conflicts
        counts.quarantined += refused
        counts.duplicate_same += judgement.records - judgement.blank - accepted - conflicts - refused
        self.numbered += judgement.records


def _made_ids(block: Block, digest: PrefixDigest, judgement: Judgement) -> tuple[list[str], list[str]]:
    """Ids for records that carry none and for refused ones, made from the file's content up to and with the record."""
    wanted = [(record, end) for _, record, end in judgement.missing] + judgement.refused
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    made = [""] * len(wanted)
    for index, text in zip(order, digest.ids(block, [wanted[index] for index in order]), strict=True):
        made[index] = text
    return made[: len(judgement.missing)], made[len(judgement.missing) :]


def conflict_id(row: np.ndarray) -> str:
    """Record id of an event that came again with another payload: its id hash and that payload's hash."""
    return f"conflict-{int(row[0]):016x}{int(row[1]):016x}-{int(row[2]):016x}"
