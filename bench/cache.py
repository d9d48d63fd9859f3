"""Where drawn input lies: data/bench/, under a name that says all that it depends on; made once, and whole or not at all."""

import shutil
from collections.abc import Callable
from pathlib import Path

from pipelines.settings import Settings

SEED = 20260301


def cached(path: Path, make: Callable[[Path], None]) -> Path:
    """`path`, a file or a folder; if it is not there, `make` writes it under a temporary name first."""
    if not path.exists():
        temporary = path.with_name(path.name + ".tmp")
        remove(temporary)
        temporary.parent.mkdir(parents=True, exist_ok=True)
        make(temporary)
        temporary.rename(path)
    return path


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def fresh(folder: Path) -> Path:
    """An empty folder of this name."""
    remove(folder)
    folder.mkdir(parents=True)
    return folder


def bench_settings(data: Path, inbox: Path | None = None) -> Settings:
    """The environment's settings with a data folder and a ledger of the bench's own, whatever ledger the house uses."""
    return Settings(data=data, inbox=inbox, ledger_url=f"sqlite:///{data / 'ledger.sqlite'}")
