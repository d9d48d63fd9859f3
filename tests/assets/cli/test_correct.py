"""The command `correct` as a person types it, on the simulated database of projects."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from simulator import simulate
from tests.shell import say

Said = Callable[..., str]
WRONG = "select count(*) from projects where state = 'running' and started_at is null"


@pytest.fixture
def shell(environment: Path) -> Said:
    simulate(3, 30, 1, date(2026, 10, 28), environment / "inbox", truth=environment / "data" / "truth")
    return partial(say, "correct")


def wrong_rows(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "data" / "projects.sqlite")) as connection:
        return connection.execute(WRONG).fetchone()[0]


def test_rows_are_shown_then_changed_then_there_are_none(shell: Said, environment: Path):
    assert "projects_without_start projects projects team:platform" in shell()
    count = wrong_rows(environment)
    said = shell("projects_without_start")
    assert f"{count} rows" in said and "state running created" in said and "nothing was changed; --apply" in said
    assert wrong_rows(environment) == count > 0
    assert "each with its row in trailhouse_corrections" in shell("projects_without_start", "--apply")
    assert wrong_rows(environment) == 0
    assert "0 rows" in shell("projects_without_start", "--apply")


def test_an_unknown_name_and_a_missing_database_are_told(shell: Said, environment: Path):
    assert "no corrector 'projects'; known: projects_without_start" in shell("projects", code=2)
    (environment / "data" / "projects.sqlite").unlink()
    assert "error: TRAILHOUSE_DATABASES__PROJECTS: the database 'projects' is not set up" in shell(
        "projects_without_start", code=1
    )
