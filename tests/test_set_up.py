"""The set-up of a bare machine: what the Makefile says, what it refuses, and when it installs.

The tests here install nothing: a `uv` that only notes what it is asked for stands in for the real one.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent
TOOLS = ("sh", "dirname", "uname", "cat", "cksum", "pwd", "rm", "git", "awk", "make")
NOTING_UV = """#!/bin/sh
echo "$*" >>"$UV_NOTES"
[ "$1" != venv ] || {real_python} -m venv --without-pip .venv
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the files that the set-up reads, and a PATH of its own in `bin`."""
    folder = tmp_path / "a check out"  # blanks in a path are common on a Mac
    shutil.copytree(HOUSE / ".ci", folder / ".ci")
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(HOUSE / name, folder)
    (folder / "bin").mkdir()
    for tool in TOOLS:
        (folder / "bin" / tool).symlink_to(shutil.which(tool) or pytest.fail(f"{tool} is not on PATH"))
    return folder


def put(folder: Path, name: str, script: str) -> None:
    path = folder / "bin" / name
    path.write_text(script)
    path.chmod(0o755)


def set_up(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    notes = folder / "notes"
    environment = {"PATH": str(folder / "bin"), "UV_NOTES": str(notes), "HOME": str(folder), **variables}
    command = [".ci/set-up", "requirements.lock"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def refusal(folder: Path, **variables: str) -> str:
    done = set_up(folder, **variables)
    assert done.returncode == 1
    assert not (folder / ".venv").exists()
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def python_that(condition: str) -> str:
    return f'#!/bin/sh\ncase "$*" in {condition} esac\nexec {sys.executable} "$@"\n'


OLD_PYTHON = python_that("*'(3, 11)'*) exit 1 ;; *version_info*) echo 3.8.18; exit ;;")
PYTHON_WITHOUT_VENV = python_that("*ensurepip*) exit 1 ;;")
PYTHON = python_that("")


def test_without_python_the_refusal_names_it(checkout: Path):
    assert "Python 3.11 to 3.13 (python3 is not there) is missing" in refusal(checkout)
    assert "apt-get install python3 python3-venv" in refusal(checkout) or sys.platform == "darwin"


def test_an_old_python_is_refused_with_its_version(checkout: Path):
    put(checkout, "python3", OLD_PYTHON)
    assert "python3 is 3.8.18" in refusal(checkout)


def test_a_named_python_is_not_replaced_by_another(checkout: Path):
    put(checkout, "python3", PYTHON)
    assert "/no/python is not there" in refusal(checkout, PYTHON="/no/python")


def test_without_the_venv_module_its_package_is_named(checkout: Path):
    put(checkout, "python3", PYTHON_WITHOUT_VENV)
    assert "python3-venv" in refusal(checkout) or sys.platform == "darwin"


def test_without_git_the_refusal_names_it(checkout: Path):
    put(checkout, "python3", PYTHON)
    (checkout / "bin" / "git").unlink()
    assert "git is missing" in refusal(checkout)


@pytest.fixture
def installed(checkout: Path) -> Path:
    """A check out that is set up, with the notes of what `uv` was asked for."""
    put(checkout, "python3", OLD_PYTHON)
    put(checkout, "python3.12", PYTHON)
    put(checkout, "uv", NOTING_UV.format(real_python=sys.executable))
    assert set_up(checkout).stderr == ""
    return checkout


def notes_of_another_run(folder: Path, **variables: str) -> str:
    (folder / "notes").write_text("")
    assert set_up(folder, **variables).stderr == ""
    return (folder / "notes").read_text()


def test_the_next_python_on_path_serves_and_hashes_are_required(installed: Path):
    notes = (installed / "notes").read_text()
    assert "--require-hashes --requirements requirements.lock" in notes
    assert "--no-deps --no-build-isolation --editable ." in notes


def test_a_second_run_installs_nothing(installed: Path):
    assert notes_of_another_run(installed) == ""


def test_a_changed_lock_is_installed(installed: Path):
    with (installed / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    notes = notes_of_another_run(installed)
    assert "requirements.lock" in notes
    assert "venv --quiet" not in notes


def test_an_interrupted_install_is_done_again(installed: Path):
    put(installed, "uv", '#!/bin/sh\n[ "$1" = --version ]\n')
    (installed / "requirements.lock").write_text("")
    assert set_up(installed).returncode != 0
    put(installed, "uv", NOTING_UV.format(real_python=sys.executable))
    assert "requirements.lock" in notes_of_another_run(installed)


def test_a_moved_folder_gets_a_new_environment(installed: Path):
    moved = installed.rename(installed.with_name("moved"))
    assert "venv --quiet" in notes_of_another_run(moved)


def make(folder: Path, *words: str) -> str:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", *words], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_make_lists_its_targets_when_asked_for_none(checkout: Path):
    listed = re.findall(r"^make (\S+) +\S", make(checkout), re.MULTILINE)
    assert listed == ["help", "demo", "test", "ui", "lint", "bench", "soak", "lock", "clean"]
    assert make(checkout) == make(checkout, "help")


def test_clean_leaves_the_environment(checkout: Path):
    for name in ("data/lake", ".dagster", ".venv"):
        (checkout / name).mkdir(parents=True)
    make(checkout, "clean")
    assert not (checkout / "data").exists() and not (checkout / ".dagster").exists()
    assert (checkout / ".venv").exists()
