"""Which files are new? Compares the source folders with what the ledger knows of each path."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from pipelines.config.sources import Source
from pipelines.lake import TEMPORARY
from pipelines.ledger import FileState
from pipelines.moments import now

Known: TypeAlias = Callable[[str], FileState | None]  # what the ledger has of a file's name
CLOCK_WENT_BACK_NS = 3600 * 10**9  # more than clocks of two machines differ


@dataclass(frozen=True, slots=True)
class Task:
    """A file to read. `known` is what the ledger has of the path: None if it is new."""

    path: Path
    name: str
    source: Source
    size: int
    modified_ns: int
    changed_ns: int  # by this machine's clock, whatever the sender's said
    known: FileState | None = None
    is_forced: bool = False  # read from its start although the ledger has it

    def afresh(self) -> "Task":
        """The same file, to be judged again from its start."""
        return replace(self, known=None, is_forced=True)

    @property
    def read_before(self) -> FileState | None:
        """What was read of the path; None also where it was only ever refused, so it may come again with other bytes."""
        return self.known if self.known and self.known.content_sha256 else None

    @property
    def new_bytes(self) -> int:
        return self.size if self.read_before is None else max(self.size - self.read_before.size, 0)


def source_folder(root: Path, source: Source) -> Path:
    return root / source.folder  # an absolute folder stays what it is


def find_new(root: Path, sources: dict[str, Source], known: dict[str, FileState], settled: bool = True) -> list[Task]:
    """New and changed files of all sources, by name. `settled`: only those unchanged for the source's settle_seconds."""
    tasks = [task for source in sources.values() for task in _files(root, source, known)]
    moment = now() * 1000
    ready = [task for task in tasks if not settled or _is_settled(task, moment)]
    return sorted((task for task in ready if _is_new(task)), key=lambda task: task.name)


def task_of(path: Path, root: Path, sources: dict[str, Source], known: Known) -> Task | None:
    """The task for one path, or None when it lies in no source's folder."""
    for source in sources.values():
        if path.is_relative_to(source_folder(root, source)):
            return _task(path, root, source, known)
    return None


def _files(root: Path, source: Source, known: dict[str, FileState]) -> Iterator[Task]:
    folder = source_folder(root, source)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and _is_finished(path.relative_to(folder)):
            with suppress(FileNotFoundError):  # renamed or removed since the folder was listed
                yield _task(path, root, source, known.get)


def _is_finished(path: Path) -> bool:
    """Senders write under a temporary or hidden name, or in such a folder, and rename."""
    return not any(part.startswith(".") or part.endswith(TEMPORARY) for part in path.parts)


def _task(path: Path, root: Path, source: Source, known: Known) -> Task:
    relative = path.relative_to(root) if path.is_relative_to(root) else path
    name = os.fsencode(relative).decode(errors="backslashreplace")  # a name need not be text, the ledger's is
    stat = path.stat()
    return Task(path, name, source, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, known(name))


def _is_settled(task: Task, moment: int) -> bool:
    """A file from the future (its sender's clock) is as old as its arrival; if that lies far ahead, our clock went back."""
    age_ns = moment - min(task.modified_ns, task.changed_ns)
    return age_ns >= task.source.settle_seconds * 1e9 or age_ns < -CLOCK_WENT_BACK_NS


def _is_new(task: Task) -> bool:
    state = task.known
    return state is None or (state.size, state.modified_ns) != (task.size, task.modified_ns)
