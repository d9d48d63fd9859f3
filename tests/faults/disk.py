"""What a power cut would take: everything that was not made durable, in the worst case that POSIX allows.

Bytes count once their file was synced, names once their folder was. SQLite and DuckDB sync for themselves; their files are
not looked at here.
"""

import fcntl
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Renamed:
    old: Path
    new: Path
    before: Path | None  # a second name of what lay at `new`


class Disk:
    """Hears of every step. `aside`: a folder on the same disk, for what was replaced."""

    def __init__(self, aside: Path) -> None:
        aside.mkdir(exist_ok=True)
        self._aside, self._kept = aside, 0
        self._rename = os.rename  # steps are counted under this name later
        self._written: set[Path] = set()
        self._renamed: list[Renamed] = []
        self._made: list[Path] = []

    def wrote(self, path: Path) -> None:
        self._written.add(path)

    def will_rename(self, old: Path, new: Path) -> None:
        self._renamed.append(Renamed(old, new, self._second_name(new) if new.exists() else None))
        if old in self._written:
            self._written = self._written - {old} | {new}

    def _second_name(self, path: Path) -> Path:
        self._kept += 1
        kept = self._aside / f"{os.getpid()}-{self._kept}"
        kept.hardlink_to(path)
        return kept

    def made_folder(self, path: Path) -> None:
        self._made.append(path)

    def synced(self, descriptor: int) -> None:
        path = path_of(descriptor)
        self._written.discard(path)
        self._renamed = [each for each in self._renamed if each.new.parent != path]
        self._made = [each for each in self._made if each.parent != path]

    def cut_power(self) -> None:
        """Takes it all. Nothing of this process works as before afterwards."""
        os.rename = self._rename
        for path in self._written:
            if path.exists():
                os.truncate(path, path.stat().st_size // 2)
        for each in reversed(self._renamed):
            self._undo(each)
        for folder in self._made:
            shutil.rmtree(folder, ignore_errors=True)

    def _undo(self, renamed: Renamed) -> None:
        if renamed.new.exists():
            renamed.new.rename(renamed.old)
        if renamed.before is not None:
            renamed.before.rename(renamed.new)


def path_of(descriptor: int) -> Path:
    """The path that an open file or folder was opened by."""
    if sys.platform == "darwin":
        return Path(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0").decode())
    return Path(f"/proc/self/fd/{descriptor}").readlink()
