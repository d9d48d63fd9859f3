"""Small disks and read-only folders, where the machine lets this process mount them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """An empty disk of so many bytes in place of a folder."""
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield
    finally:
        _unmount(folder)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Also for root, whom permissions do not bind."""
    _mount("--bind", str(folder), str(folder))
    try:
        _mount("-o", "remount,bind,ro", str(folder))
        yield
    finally:
        _unmount(folder)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", str(folder)], check=True)
