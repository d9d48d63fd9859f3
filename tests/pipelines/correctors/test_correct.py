"""Correctors on SQLite and a real PostgreSQL: what they show, what they change, what they never do."""

import json
import logging
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError

from pipelines.config import load_config
from pipelines.config.correctors import Corrector
from pipelines.correctors import CorrectorError, correct, look
from pipelines.settings import Settings
from simulator import simulate
from simulator.projects import Project, write_projects
from tests.houses import settings_in

AT = 1_790_000_000_000_000
BY = "a test"
ROWS = [
    Project("p-1", "u-1", "api", "running", AT, started_at=AT + 1, live_deployment_id="d-1"),
    Project("p-2", "u-1", "100%:x", "running", AT, live_deployment_id="d-2"),
    Project("p-3", "u-2", "etl", "running", AT, live_deployment_id="d-3"),
    Project("p-4", "u-2", "it's", "deleted", AT, deleted_at=AT + 2, live_deployment_id="d-4"),
    Project("p-5", "u-3", "site", "created", AT),
]
CORRECTOR = Corrector(
    description="A project that runs was started.",
    owner="team:platform",
    database="projects",
    table="projects",
    key=("project_id",),
    where="state = 'running' and started_at is null -- and nothing else",
    change={"state": "created", "live_deployment_id": None},
)


def edited(**changes) -> Corrector:
    return CORRECTOR.model_copy(update=changes)


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a database that holds ROWS, and no audit yet."""
    is_sqlite = request.param == "sqlite"
    address = f"sqlite:///{tmp_path / 'projects.sqlite'}" if is_sqlite else request.getfixturevalue("postgres")
    write_projects(address, ROWS)
    yield address
    run(address, "drop table projects", "drop table if exists trailhouse_corrections")


@pytest.fixture
def settings(address: str, tmp_path: Path) -> Settings:
    return settings_in(tmp_path, databases={"projects": SecretStr(address)})


def run(address: str, *statements: str) -> list[dict]:
    """The rows of the last one, where it has any."""
    engine = sa.create_engine(address, poolclass=sa.NullPool)
    with engine.begin() as connection:
        results = [connection.execute(sa.text(each)) for each in statements]
        return [dict(row) for row in results[-1].mappings()] if results[-1].returns_rows else []


def stored(address: str) -> list[dict]:
    return run(address, "select * from projects order by project_id")


def audited(address: str) -> list[dict]:
    return run(address, "select * from trailhouse_corrections order by correction")


def test_a_look_shows_the_rows_and_the_change_and_changes_nothing(settings, address):
    before = stored(address)
    found = look(settings, "c", CORRECTOR)
    assert [each.key for each in found.rows] == [{"project_id": "p-2"}, {"project_id": "p-3"}]
    assert found.rows[0].before == {"state": "running", "live_deployment_id": "d-2"}
    assert found.rows[0].after == {"state": "created", "live_deployment_id": None} and not found.is_more
    assert stored(address) == before
    with pytest.raises(DBAPIError):
        audited(address)


def test_just_the_wrong_rows_are_changed_with_an_audit_row_each(settings, address):
    before = {row["project_id"]: row for row in stored(address)}
    done = correct(settings, "c", CORRECTOR, BY)
    assert [each.key["project_id"] for each in done] == ["p-2", "p-3"]
    changed = {"state": "created", "live_deployment_id": None}
    for row in stored(address):
        key = row["project_id"]
        assert row == before[key] | (changed if key in ("p-2", "p-3") else {})
    first, second = audited(address)
    assert (first["corrector"], first["table_name"], first["corrected_by"]) == ("c", "projects", BY)
    assert json.loads(first["row_key"]) == {"project_id": "p-2"} and json.loads(first["after"]) == changed
    assert json.loads(second["before"]) == {"state": "running", "live_deployment_id": "d-3"}


def test_a_second_time_changes_nothing_more(settings, address):
    correct(settings, "c", CORRECTOR, BY)
    rows, audit = stored(address), audited(address)
    assert correct(settings, "c", CORRECTOR, BY) == [] == look(settings, "c", CORRECTOR).rows
    assert (stored(address), audited(address)) == (rows, audit)


def test_what_somebody_mends_meanwhile_is_neither_changed_nor_audited(settings, address):
    """The corrector waits for the other's transaction, and then looks at what it left."""
    engine, done = sa.create_engine(address, poolclass=sa.NullPool), []
    thread = threading.Thread(target=lambda: done.extend(correct(settings, "c", CORRECTOR, BY)))
    with engine.connect() as other, other.begin():
        other.execute(sa.text("update projects set started_at = created_at where project_id = 'p-2'"))
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(30)
    assert [each.key["project_id"] for each in done] == ["p-3"] and len(audited(address)) == 1
    assert stored(address)[1]["state"] == "running"


def test_two_at_once_change_every_row_once(settings, address):
    done = []
    threads = [threading.Thread(target=lambda: done.extend(correct(settings, "c", CORRECTOR, BY))) for _ in range(2)]
    correct(settings, "c", edited(where="project_id = 'p-4' and state = 'deleted'"), BY)  # so that the audit is there
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert sorted(each.key["project_id"] for each in done) == ["p-2", "p-3"] and len(audited(address)) == 3


BROKEN = {
    "too many rows": ({"most": 1}, "more than 1 rows are wrong"),
    "a change that mends nothing": ({"change": {"live_deployment_id": None}}, "leaves {'project_id': 'p-2'} as wrong"),
    "no key": ({"key": ("state",), "change": {"started_at": None, "name": "x"}}, "so state is no key"),
    "no such column": ({"change": {"sate": "created"}}, "projects has no column 'sate'; did you mean 'state'?"),
    "no such table": ({"table": "project"}, "no table 'project'; did you mean 'projects'?"),
    "no condition": ({"where": "started_at is is null"}, "the database 'projects' (TRAILHOUSE_DATABASES__PROJECTS) answers"),
    "another table's audit": ({"audit": "projects"}, "answers"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_goes_wrong_changes_nothing_at_all(settings, address, case):
    changes, words = BROKEN[case]
    before = stored(address)
    with pytest.raises(CorrectorError) as error:
        correct(settings, "c", edited(**changes), BY)
    assert words in str(error.value)
    assert stored(address) == before
    with pytest.raises(DBAPIError):
        audited(address)


def test_a_condition_is_taken_as_it_is_written(settings, address):
    odd = edited(where="name like '100%' and name = '100%:x' and state <> 'stopped'", change={"state": "stopped"})
    (done,) = correct(settings, "c", odd, BY)
    assert done.key == {"project_id": "p-2"}


def test_no_error_log_or_row_holds_the_address(settings, address, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    said, canary = [], "canary-0815"
    for wrong in (f"postgresql+psycopg://u:{canary}@127.0.0.1:1/x", f"no address {canary}", f"nodb://u:{canary}@h/x"):
        changed = settings.model_copy(update={"databases": {"projects": SecretStr(wrong)}})
        with pytest.raises(CorrectorError, match="TRAILHOUSE_DATABASES__PROJECTS") as error:
            look(changed, "c", CORRECTOR)
        said += [str(error.value), repr(changed)]
        assert error.value.__suppress_context__
    if not address.startswith("sqlite"):
        with_word = sa.make_url(address).set(password=canary).render_as_string(hide_password=False)
        changed = settings.model_copy(update={"databases": {"projects": SecretStr(with_word)}})
        said.append(str(correct(changed, "c", CORRECTOR, BY)) + str(audited(address)))
    assert canary not in "\n".join([*said, caplog.text])


def test_a_file_that_is_not_there_is_not_made(tmp_path):
    settings = settings_in(tmp_path)
    with pytest.raises(CorrectorError, match="TRAILHOUSE_DATABASES__PROJECTS: the database 'projects' is not set up"):
        look(settings, "c", CORRECTOR)
    assert not settings.data_folder.exists()
    path = tmp_path / "elsewhere.sqlite"
    named = settings_in(tmp_path, databases={"projects": SecretStr(f"sqlite:///{path}")})
    with pytest.raises(CorrectorError, match=r"'projects' \(TRAILHOUSE_DATABASES__PROJECTS\) answers: unable to open"):
        look(named, "c", CORRECTOR)
    assert not path.exists()


def test_the_shipped_ones_mend_just_what_the_simulation_says(postgres, tmp_path):
    simulate(20, 120, 5, date(2026, 10, 28), tmp_path / "inbox", projects=postgres)
    truth = [json.loads(line) for line in (tmp_path / "truth" / "projects.ndjson").read_text().splitlines()]
    settings = settings_in(tmp_path, databases={"projects": SecretStr(postgres)})
    before, done = {row["project_id"]: row for row in stored(postgres)}, {}
    for name, corrector in load_config(settings.config_folder).correctors.items():
        done |= {each.key["project_id"]: each.after for each in correct(settings, name, corrector, BY)}
    assert done.keys() == {row["project_id"] for row in truth if row["impossible"]} and len(done) >= 3
    assert stored(postgres) == sorted(
        (row | done.get(key, {}) for key, row in before.items()), key=lambda row: row["project_id"]
    )
    run(postgres, "drop table projects", "drop table trailhouse_corrections")
