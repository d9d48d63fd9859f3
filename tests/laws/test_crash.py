"""A refresh that dies at any of its statements is made good by the next one."""

import random
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.refresh import _Refresh
from tests.laws.happenings import Definitions
from tests.laws.known import DEPLOYMENT, event
from tests.laws.rig import Rig

FIRST = [
    event("e1", "10:00", anonymous_id="a"),
    event("e2", "10:10", user_id="1"),
    event("e3", "10:20", user_id="2", other_ids=(DEPLOYMENT,)),
    event("e4", "10:30", other_ids=(DEPLOYMENT,)),
]
SECOND = [
    event("e5", "09:00", anonymous_id="a", user_id="1"),
    event("e6", "11:00", name="alias", user_id="1", other_user_id="2"),
    event("e7", "11:10", user_id="3"),
]
ENOUGH = 10_000
WRITES = re.compile(r"(insert|delete|create or replace table) .*\bwarehouse\.|commit")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A data folder whose second batch is acknowledged and not refreshed yet."""
    rig = Rig(tmp_path_factory.mktemp("crash"), Definitions())
    rig.ingest(FIRST)
    rig.refresh()
    rig.ingest(SECOND)
    return rig.settings.data_folder


@pytest.fixture(scope="module")
def expected(folder, tmp_path_factory):
    rig = copy(folder, tmp_path_factory.mktemp("expected"))
    return rig.crash(ENOUGH), rig.tables()


def copy(folder: Path, to: Path) -> Rig:
    shutil.copytree(folder, to, dirs_exist_ok=True)
    return Rig(to, Definitions())


def is_made_good(folder: Path, to: Path, after: int, tables) -> bool:
    rig = copy(folder, to)
    rig.crash(after)
    rig.refresh()
    return rig.tables() == tables


def points(statements: list[str], count: int) -> list[int]:
    """How many statements run before death: seeded places right before something is written, or at all."""
    writes = [number for number, text in enumerate(statements) if WRITES.match(text)]
    return sorted(random.Random(1).sample(writes, count))


def test_a_refresh_killed_before_a_write_is_made_good(folder, expected, tmp_path):
    statements, tables = expected
    for after in points(statements, 6):
        assert is_made_good(folder, tmp_path / str(after), after, tables), statements[after]


@pytest.mark.soak
def test_a_refresh_killed_at_any_statement_is_made_good(folder, expected, tmp_path):
    statements, tables = expected
    for after in range(len(statements)):
        assert is_made_good(folder, tmp_path / str(after), after, tables), statements[after]


def test_a_position_committed_before_its_rows_is_caught(folder, expected, tmp_path, monkeypatch):
    """The negative control: the same rig, a refresh that claims what is not there yet."""
    replace_rows = _Refresh._replace_rows

    def broken(self, before):
        self.state.save(replace(before, position=self.target))
        self.connection.execute("commit")
        self.connection.execute("begin")
        replace_rows(self, before)

    monkeypatch.setattr(_Refresh, "_replace_rows", broken)
    statements = copy(folder, tmp_path / "whole").crash(ENOUGH)
    after = next(n for n, text in enumerate(statements) if text.startswith("delete from warehouse.people.identities"))
    assert not is_made_good(folder, tmp_path / "killed", after, expected[1])
