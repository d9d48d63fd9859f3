"""How loops are compiled, and where the machine code is kept for the next process.

`helper`: part of the functions that call it. `inlined`: put into each place that calls it, for where many arrays travel with
a call and copying them costs more than the work. `entry`: called from Python, with one signature, released from the GIL; its
machine code is kept beside the sources, or in the user's cache folder where those cannot be written, or nowhere: then
every process compiles anew. NUMBA_CACHE_DIR names another place. numba writes these files by rename, so processes that
compile the same at once do not harm each other; it looks only at the file of the entry itself for changes, hence a folder
of its own for each state of this package.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import config as numba_config

HERE = Path(__file__).parent

config: Any = numba_config  # made at import, so no type checker knows its names
njit: Any = numba.njit

# _nrt: no references are counted, for whoever calls holds the arrays
_PART = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
helper = njit(**_PART)
inlined = njit(**_PART, forceinline=True)


def entry(signature: str) -> Callable[[Callable], Any]:
    """Compiles at once, or loads. Arrays are contiguous: `uint8[::1]`, never read-only."""

    def compile_it(function: Callable) -> Any:
        for folder in (config.CACHE_DIR or str(HERE / "__pycache__"), ""):
            try:
                return _kept_in(folder, signature, function)
            except (RuntimeError, OSError):  # no place to keep it, or a damaged one
                continue
        return njit(signature, nogil=True, error_model="numpy")(function)

    return compile_it


def _kept_in(folder: str, signature: str, function: Callable) -> Any:
    """`folder`: '' for numba's own choice."""
    before = config.CACHE_DIR
    config.CACHE_DIR = str(Path(folder, f"compiled-{_state()}")) if folder else ""
    try:
        return njit(signature, nogil=True, cache=True, error_model="numpy")(function)
    finally:
        config.CACHE_DIR = before


def _state() -> str:
    """Of the sources: 12 hex digits."""
    sources = b"\0".join(path.read_bytes() for path in sorted(HERE.glob("*.py")))
    return hashlib.sha256(sources).hexdigest()[:12]
