"""What is said about the tests that were skipped, and that the build server skips none of them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.needs import INSTALL

HOUSE = Path(__file__).resolve().parent.parent
REPORT_TESTS = """
import pytest

@pytest.mark.parametrize("page", range(3))
def test_a_page_is_drawn(page):
    pytest.skip("for want of Pango")

def test_the_numbers_are_the_same():
    pass
"""


@pytest.mark.skipif(sys.platform == "darwin", reason="the commands are Debian's")
def test_the_build_server_installs_what_tests_are_skipped_for():
    installed = (HOUSE / ".ci/run").read_text()
    commands = [command for command in INSTALL.values() if command.startswith("apt-get install ")]
    packages = [package for command in commands for package in command.split()[2:]]
    assert [package for package in packages if package not in installed] == []


def test_the_summary_counts_what_was_skipped_and_names_the_cure(tmp_path: Path):
    for name in ("conftest.py", "needs.py"):
        (tmp_path / "tests").mkdir(exist_ok=True)
        shutil.copy(HOUSE / "tests" / name, tmp_path / "tests")
    (tmp_path / "tests" / "test_report.py").write_text(REPORT_TESTS)
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n')
    command = [sys.executable, "-m", "pytest", "-n", "1", "--import-mode=importlib"]
    output = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert f"3 tests skipped for want of Pango: {INSTALL['Pango']}" in output
    assert re.search(r"1 passed, 3 skipped in .*$", output.strip())
