"""The two lock files: pinned, hashed, free of addresses, and what pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

HOUSE = Path(__file__).resolve().parent.parent


def pins(lock: str) -> dict[str, str]:
    found = re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)", (HOUSE / lock).read_text(), re.MULTILINE)
    return dict(found)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_holds_hashes_and_no_address(lock: str):
    text = (HOUSE / lock).read_text()
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_development_lock_only_adds_to_the_other():
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


def test_the_locks_hold_what_the_project_asks_for():
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    for lock, wanted in (
        ("requirements.lock", project["project"]["dependencies"]),
        ("requirements-dev.lock", project["dependency-groups"]["dev"]),
    ):
        for requirement in map(Requirement, wanted):
            assert requirement.specifier.contains(pins(lock)[requirement.name]), f"{requirement}: `make lock`"


def test_the_set_up_takes_the_versions_that_the_project_declares():
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())["project"]
    assert SpecifierSet(project["requires-python"]) == SpecifierSet(">=3.11,<3.14")
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in (HOUSE / ".ci/set-up").read_text()
