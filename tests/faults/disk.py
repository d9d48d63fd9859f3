"""What a power cut would take: everything that was not made durable, in the worst case that POSIX allows.

Bytes count once their file was synced, names once their folder was. SQLite and DuckDB sync for themselves; their files are
not looked at here.
"""

import fcntl
import os
import sys
from dataclasses import dataclass
from pathlib import Path

_link, _rename, _rmdir = os.link, os.rename, os.rmdir


@dataclass(frozen=True, slots=True)
class Renamed:
    old: str
    new: str
    before: str | None  # a second name of what lay at `new`


class Disk:
    """Hears of every step. `aside`: a folder on the same disk, for what was replaced."""

    def __init__(self, aside: Path) -> None:
        self._aside = aside
        self._written: set[str] = set()
        self._renamed: list[Renamed] = []
        self._made: list[str] = []

    def wrote(self, path: str) -> None:
        self._written.add(path)

    def will_rename(self, old: str, new: str) -> None:
        before = None
        if Path(new).exists():
            before = str(self._aside / f"before-{len(os.listdir(self._aside))}")
            _link(new, before)
        self._renamed.append(Renamed(old, new, before))
        if old in self._written:
            self._written = self._written - {old} | {new}

    def made_folder(self, path: str) -> None:
        self._made.append(path)

    def synced(self, descriptor: int) -> None:
        path = path_of(descriptor)
        self._written.discard(path)
        self._renamed = [each for each in self._renamed if os.path.dirname(each.new) != path]
        self._made = [each for each in self._made if os.path.dirname(each) != path]

    def cut_power(self) -> None:
        """Takes it all."""
        for path in self._written:
            if Path(path).exists():
                os.truncate(path, Path(path).stat().st_size // 2)
        for each in reversed(self._renamed):
            self._undo(each)
        for folder in reversed(self._made):
            _remove_tree(Path(folder))

    def _undo(self, renamed: Renamed) -> None:
        if Path(renamed.new).exists():
            _rename(renamed.new, renamed.old)
        if renamed.before is not None:
            _rename(renamed.before, renamed.new)


def _remove_tree(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        _rmdir(path) if path.is_dir() else os.remove(path)
    _rmdir(folder)


def path_of(descriptor: int) -> str:
    """The path that an open file or folder was opened by."""
    if sys.platform == "darwin":
        return fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0").decode()
    return os.readlink(f"/proc/self/fd/{descriptor}")
