"""What a test may need that no Python package brings: the markers that skip without it, and what installs it.

A new need is one line in `INSTALL` and one marker; `conftest.py` counts the skips by the marker's reason.
"""

import ctypes.util
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache

import pytest

INSTALL = {
    "Chromium": "apt-get install chromium",
    "Pango": "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
}
MOUNTING, COMPILER, NPM, GRAFANA = "the right to mount", "a C compiler", "npm", "a Grafana"
if sys.platform == "darwin":
    INSTALL = {"Chromium": "brew install --cask chromium", "Pango": "brew install pango"}
INSTALL[COMPILER] = "on Linux, apt-get install gcc libc6-dev"
INSTALL[NPM] = "npm with Node 20 or later, which Debian 12 does not have"
INSTALL[GRAFANA] = (
    "give them one, GRAFANA_URL=… GRAFANA_TOKEN=… pytest -m grafana tests/assets/dashboards, docs/grafana.md"
)
INSTALL[MOUNTING] = "run them as root on Linux, in a container with the capability SYS_ADMIN"

_CHROMIUM_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def chromium() -> str | None:
    """The browser's path, for Playwright's `executable_path`; None where there is none."""
    return next(filter(None, map(shutil.which, _CHROMIUM_NAMES)), None)


def _has_library(name: str) -> bool:
    return ctypes.util.find_library(name) is not None


@cache
def _can_mount() -> bool:
    """Root alone does not tell: containers take the right away."""
    if not sys.platform.startswith("linux") or shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True).returncode:
            return False
        return subprocess.run(["umount", folder], capture_output=True).returncode == 0


def has_compiler() -> bool:
    """And a loader that takes what it makes."""
    return sys.platform.startswith("linux") and shutil.which("cc") is not None


@cache
def _has_npm() -> bool:
    if not (shutil.which("npm") and shutil.which("node")):
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout  # v20.20.2
    return int(version.lstrip("v").partition(".")[0] or 0) >= 20


def _has_grafana() -> bool:
    return bool(os.environ.get("GRAFANA_URL") or os.environ.get("TRAILHOUSE_GRAFANA_URL"))


needs_mounting = pytest.mark.skipif(not _can_mount(), reason=f"for want of {MOUNTING}")
needs_compiler = pytest.mark.skipif(not has_compiler(), reason=f"for want of {COMPILER}")
needs_chromium = pytest.mark.skipif(chromium() is None, reason="for want of Chromium")
needs_grafana = pytest.mark.skipif(not _has_grafana(), reason=f"for want of {GRAFANA}")
needs_npm = pytest.mark.skipif(not _has_npm(), reason=f"for want of {NPM}")
needs_pango = pytest.mark.skipif(
    not (_has_library("pango-1.0") and _has_library("pangoft2-1.0")), reason="for want of Pango"
)
