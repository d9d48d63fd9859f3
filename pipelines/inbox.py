"""Which files are new? Compares the source folders with what the ledger knows of each path."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from pipelines.lake import TEMPORARY
from pipelines.ledger import FileState
from pipelines.sources import Source


Known: TypeAlias = Callable[[str], FileState | None]  # what the ledger has of a file's name


@dataclass(frozen=True, slots=True)
class Task:
    """A file to read. `known` is what the ledger has of the path: None if it is new."""

    path: Path
    name: str
    source: Source
    size: int
    modified_ns: int
    known: FileState | None = None
    is_forced: bool = False  # read from its start although the ledger has it

    def afresh(self) -> "Task":
        """The same file, to be judged again from its start."""
        return replace(self, known=None, is_forced=True)

    @property
    def new_bytes(self) -> int:
        return self.size if self.known is None else max(self.size - self.known.size, 0)


def source_folder(root: Path, source: Source) -> Path:
    return root / source.folder  # an absolute folder stays what it is


def find_new(root: Path, sources: dict[str, Source], known: dict[str, FileState], settled: bool = True) -> list[Task]:
    """New and changed files of all sources, by name. `settled`: only those unchanged for the source's settle_seconds."""
    tasks = [task for source in sources.values() for task in _files(root, source, known)]
    moment = time.time_ns()
    ready = [task for task in tasks if not settled or _is_settled(task, moment)]
    return sorted((task for task in ready if _is_new(task)), key=lambda task: task.name)


def task_of(path: Path, root: Path, sources: dict[str, Source], known: Known) -> Task | None:
    """The task for one path, or None when it lies in no source's folder."""
    for source in sources.values():
        if path.is_relative_to(source_folder(root, source)):
            return _task(path, root, source, known)
    return None


def _files(root: Path, source: Source, known: dict[str, FileState]) -> Iterator[Task]:
    for path in sorted(source_folder(root, source).rglob("*")):
        if path.is_file() and not path.name.startswith(".") and path.suffix != TEMPORARY:
            yield _task(path, root, source, known.get)


def _task(path: Path, root: Path, source: Source, known: Known) -> Task:
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    stat = path.stat()
    return Task(path, name, source, stat.st_size, stat.st_mtime_ns, known(name))


def _is_settled(task: Task, moment: int) -> bool:
    return moment - task.modified_ns >= task.source.settle_seconds * 1e9


def _is_new(task: Task) -> bool:
    state = task.known
    return state is None or (state.size, state.modified_ns) != (task.size, task.modified_ns)
