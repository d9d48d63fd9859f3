"""May we write here? Asked before anything is begun, so that the answer names the folder and not some file in it."""

import os
from pathlib import Path

from pipelines.errors import TrailhouseError


class NotWritable(TrailhouseError):
    """A folder that must be written to is there for reading only. Nothing was begun; says which and what to do."""


def can_write(folder: Path) -> bool:
    """Whether this user may, and the disk is mounted for it."""
    return os.access(folder, os.W_OK | os.X_OK)


def refuse_read_only(*folders: Path) -> None:
    """Asks of each, or of what it will be made in, also whether its disk is mounted for writing. Errors: NotWritable."""
    for folder in folders:
        there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
        if not can_write(there):
            what = f"{there}: this user cannot write here, or its disk is mounted for reading only"
            raise NotWritable(f"{what}; change that, or let TRAILHOUSE_DATA name another folder. Nothing was begun")
