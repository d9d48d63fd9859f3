"""What the figures were taken on: sizes and versions, no names."""

import os
import platform
from importlib import metadata

PACKAGES = ("duckdb", "pyarrow", "numpy", "msgspec", "orjson")


def machine() -> str:
    """One sentence."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    where = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{cores} cores, {memory:.0f} GiB of memory, {where}, {versions}."
