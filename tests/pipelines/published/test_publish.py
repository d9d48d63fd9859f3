"""The copy that others read: what is in it, when it is up to date, and what a question to it may do."""

import threading
from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.config import load_config
from pipelines.config.publish import Publish, withhold
from pipelines.models import load_models
from pipelines.moments import utc
from pipelines.published import CATALOG, QueryError, ask, is_up_to_date, publish
from pipelines.published.files import path_of, standing, write_table
from pipelines.refresh import refresh
from pipelines.warehouse import House, base_tables, open_warehouse
from pipelines.work import new_tasks, read, run_all
from tests.faults.catalogue import line
from tests.faults.place import AS_OF, Place
from tests.houses import with_inputs

SERVED = {"BIGINT", "DOUBLE", "VARCHAR", "BOOLEAN", "TIMESTAMP", "DATE"}


@pytest.fixture(scope="module")
def small(house) -> House:
    """Few tables: what a publish does with one it does with all."""
    return House(house.config, with_inputs(["metrics.daily"], house.models))


def put_and_run(place: Place, house: House, *numbers: int) -> None:
    place.put(f"{numbers[0]}.ndjson", b"\n".join(line(event_id=f"e-{n}", ids={"user": f"u-{n:06}"}) for n in numbers))
    with open_warehouse(place.settings, house, wait_seconds=0) as warehouse:
        read(warehouse, new_tasks(warehouse, settled=False), as_of=AS_OF)
        run_all(warehouse)


@pytest.fixture(scope="module")
def place(tmp_path_factory, house) -> Place:
    filled = Place(tmp_path_factory.mktemp("published"))
    put_and_run(filled, house, 1, 2, 3)
    return filled


@pytest.fixture(scope="module")
def folder(place) -> Path:
    return place.settings.published_folder


def test_every_public_table_is_there_with_types_that_readers_know(folder, house):
    public = [model for model in house.models.values() if model.header.public]
    assert public
    for model in public:
        described = ask(folder, f"describe {model.name}")[1]
        assert [row[0] for row in described] == list(model.columns)
        assert {row[1] for row in described} <= SERVED, model.name


def test_a_view_is_published_with_the_rows_that_its_tables_have(tmp_path, house):
    house = House(house.config, with_inputs(["journeys.timeline"], house.models))
    place = Place(tmp_path)
    put_and_run(place, house, 1, 2)
    folder = place.settings.published_folder
    entries = "select person_id, kind, what from journeys.timeline where kind = 'session' order by 1"
    assert ask(folder, entries)[1] == [(f"app/user/u-{n:06}", "session", "session started at web") for n in (1, 2)]
    put_and_run(place, house, 3)
    assert len(ask(folder, entries)[1]) == 3
    said = ask(folder, "select ledger_position, row_count from published.tables where table_name = 'journeys.timeline'")
    assert said[1] == [(2, ask(folder, "select count(*) from journeys.timeline")[1][0][0])]


EVERY_EVENT = """-- One row per event.
-- grain: event_number
-- view: yes
-- public: yes
select event_number, event_id from lake.events"""


def test_a_view_of_the_log_shows_what_it_was_refreshed_to(tmp_path):
    """A batch that came since is not among its rows, because nothing checked them yet."""
    (tmp_path / "sql" / "raw").mkdir(parents=True)
    (tmp_path / "sql" / "raw" / "events.sql").write_text(EVERY_EVENT)
    place = Place(tmp_path)
    config = load_config(place.settings.config_folder)
    house = House(config, load_models(tmp_path, base_tables(config)))
    with open_warehouse(place.settings, house, wait_seconds=0) as warehouse:
        place.put("1.ndjson", line(event_id="e-1"))
        read(warehouse, new_tasks(warehouse, settled=False), as_of=AS_OF)
        refresh(warehouse, house.models["raw.events"])
        place.put("2.ndjson", line(event_id="e-2"))
        read(warehouse, new_tasks(warehouse, settled=False), as_of=AS_OF)
        assert publish(warehouse) == {"raw.events": 1}
    assert ask(place.settings.published_folder, "select event_id from raw.events")[1] == [("e-1",)]


def test_rows_lie_in_the_order_of_the_grain(folder):
    rows = ask(folder, "select local_date, source from metrics.daily")[1]
    assert rows == sorted(rows) and rows


def test_columns_and_rows_are_answered(folder):
    assert ask(folder, "select source, event_count from metrics.daily where source = 'web'") == (
        ["source", "event_count"],
        [("web", 3)],
    )


def test_every_table_says_up_to_where_it_knows(tmp_path, small):
    place = Place(tmp_path)
    put_and_run(place, small, 1, 2, 3)
    put_and_run(place, small, 4)
    columns, rows = ask(place.settings.published_folder, "select * from published.tables order by table_name")
    assert columns == ["table_name", "generation", "row_count", "ledger_position", "as_of", "code_version"]
    said = {row[0]: row[1:] for row in rows}
    assert set(said) == {model.name for model in small.models.values() if model.header.public}
    as_of = utc(AS_OF).replace(tzinfo=None)
    assert said["people.identities"] == (2, 4, 2, as_of, small.models["people.identities"].code_version)
    assert {row[2:4] for row in said.values()} == {(2, as_of)}


def test_what_a_table_says_is_replaced_with_its_rows(tmp_path, small):
    """A table that was not published again keeps its own position."""
    place = Place(tmp_path)
    put_and_run(place, small, 1)
    kept = (place.settings.published_folder / "people.identities.duckdb").read_bytes()
    put_and_run(place, small, 2)
    (place.settings.published_folder / "people.identities.duckdb").write_bytes(kept)
    said = ask(place.settings.published_folder, "select table_name, ledger_position, row_count from published.tables")[
        1
    ]
    assert ("people.identities", 1, 1) in said and {row[1] for row in said} == {1, 2}


def generations(folder: Path) -> dict[str, int]:
    return dict(ask(folder, "select table_name, generation from published.tables")[1])


def test_a_table_is_written_again_only_when_something_it_is_made_of_changed(tmp_path, small):
    place = Place(tmp_path)
    put_and_run(place, small, 1)
    folder = place.settings.published_folder
    first, inode = generations(folder), path_of(folder, "metrics.daily").stat().st_ino
    with open_warehouse(place.settings, small, wait_seconds=0) as warehouse:
        assert publish(warehouse)["metrics.daily"] == 2
        assert generations(folder) == first and path_of(folder, "metrics.daily").stat().st_ino == inode
        refresh(warehouse, small.models["metrics.daily"], full=True)
        publish(warehouse)
    assert generations(folder) == first | {"metrics.daily": 2}


def test_what_no_batch_brings_is_written_again_every_time(tmp_path, house):
    house = House(house.config, with_inputs(["alerts.transitions", "metrics.daily"], house.models))
    place = Place(tmp_path)
    put_and_run(place, house, 1)
    with open_warehouse(place.settings, house, wait_seconds=0) as warehouse:
        publish(warehouse)
    said = generations(place.settings.published_folder)
    assert said["alerts.transitions"] == 2 and said["metrics.daily"] == 1


def test_a_file_that_cannot_be_read_is_written_again(tmp_path, small):
    place = Place(tmp_path)
    put_and_run(place, small, 1)
    folder = place.settings.published_folder
    path_of(folder, "metrics.daily").write_bytes(b"no database")
    with open_warehouse(place.settings, small, wait_seconds=0) as warehouse:
        publish(warehouse)
    assert ask(folder, "select event_count from metrics.daily where source = 'web'")[1] == [(1,)]


def test_what_is_public_no_more_goes(tmp_path, small, house):
    place = Place(tmp_path)
    put_and_run(place, small, 1)
    folder, fewer = place.settings.published_folder, with_inputs(["people.identities"], house.models)
    assert path_of(folder, "metrics.daily").exists()
    with open_warehouse(place.settings, House(house.config, fewer), wait_seconds=0) as warehouse:
        publish(warehouse)
    assert not path_of(folder, "metrics.daily").exists()
    assert set(generations(folder)) == {name for name, model in fewer.items() if model.header.public}


def test_a_column_more_disturbs_no_reader_who_holds_the_old_catalog(tmp_path, small):
    place = Place(tmp_path)
    put_and_run(place, small, 1)
    folder = place.settings.published_folder
    with duckdb.connect(str(folder / CATALOG), read_only=True) as reader:
        said = standing(folder)["metrics.daily"]
        with duckdb.connect() as connection:
            rows = f"select *, 7 as more from read_duckdb('{path_of(folder, 'metrics.daily')}', table_name = 'rows')"
            write_table(connection, folder, rows, said)
        assert reader.execute("select event_count from metrics.daily where source = 'web'").fetchall() == [(1,)]


@pytest.fixture
def discreet(small, house) -> House:
    """The same, without the ids of people.identities."""
    models = {name: replace(model) for name, model in small.models.items()}
    publish = Publish(personal={"people.statements": ["user_a", "user_b"]})
    withhold(Path("config/publish.yaml"), publish, models)
    return House(house.config, models)


def test_a_personal_column_that_is_not_listed_is_absent_and_it_says_why(tmp_path, discreet):
    place = Place(tmp_path)
    put_and_run(place, discreet, 1)
    folder = place.settings.published_folder
    columns = [row[0] for row in ask(folder, "describe people.identities")[1]]
    assert "id_value" not in columns and {"namespace", "person_id"} <= set(columns)
    with duckdb.connect() as connection:
        file = f"read_duckdb('{path_of(folder, 'people.identities')}', table_name = 'rows')"
        assert "id_value" not in [row[0] for row in connection.execute(f"describe from {file}").fetchall()]
    with pytest.raises(
        QueryError, match=r"write `people.identities: \[id_value\]` below `personal:` in config/publish.yaml"
    ):
        ask(folder, "select id_value from people.identities")


def test_what_is_withheld_from_now_on_is_published_anew(tmp_path, small, discreet):
    place = Place(tmp_path)
    put_and_run(place, small, 1)
    assert is_up_to_date(place.settings, small) and not is_up_to_date(place.settings, discreet)
    with open_warehouse(place.settings, discreet, wait_seconds=0) as warehouse:
        publish(warehouse)
    assert generations(place.settings.published_folder)["people.identities"] == 2


REFUSED = {
    "delete": "delete from metrics.daily",
    "copy out": "copy metrics.daily to '{folder}/stolen.csv'",
    "copy over": "copy (select 1) to '{folder}/metrics.daily.duckdb'",
    "attach": "attach '{folder}/other.duckdb'",
    "a second statement": "select 1; create table a as select 1",
    "a setting": "set enable_external_access = true",
    "install": "install httpfs",
    "nothing": "",
    "no sql": "hello",
    "no such table": "select * from metrics.nothing",
    "another file": "select * from read_text('/etc/hostname')",
    "a file by its name": "select * from '/etc/hostname'",
    "files around": "select * from glob('/etc/*')",
    "a way out": "select * from read_text('{folder}/../ledger.sqlite')",
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_question_changes_nothing_and_sees_nothing_else(folder, case):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(QueryError):
        ask(folder, REFUSED[case].format(folder=folder))
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_before_the_first_publish_it_says_what_to_do(tmp_path):
    with pytest.raises(QueryError, match="trailhouse refresh"):
        ask(tmp_path, "select 1")


def test_many_may_ask_at_once(folder):
    errors: list[Exception] = []

    def ask_often() -> None:
        try:
            for _ in range(10):
                assert ask(folder, "select count(*) from metrics.daily where source = 'web'")[1] == [(1,)]
        except Exception as error:
            errors.append(error)

    with duckdb.connect(str(folder / "catalog.duckdb"), read_only=True) as panel:
        askers = [threading.Thread(target=ask_often) for _ in range(4)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        assert not errors
        assert panel.execute("select count(*) from metrics.daily").fetchone()


def test_up_to_date_until_the_ledger_moves(tmp_path, small):
    place = Place(tmp_path)
    assert not is_up_to_date(place.settings, small)
    put_and_run(place, small, 1)
    assert is_up_to_date(place.settings, small)
    place.put("2.ndjson", line(event_id="e-2"))
    place.read()
    assert not is_up_to_date(place.settings, small)


def test_a_definition_that_changed_is_not_up_to_date(place, house):
    identity = house.config.identity.model_copy(update={"shared_device_limit": 1})
    edited = House(type(house.config)(house.config.house, identity, house.config.sources), house.models)
    assert is_up_to_date(place.settings, house) and not is_up_to_date(place.settings, edited)


def test_what_is_published_is_found_from_any_folder(tmp_path, small):
    with chdir(tmp_path):
        place = Place(tmp_path, data=Path("data"))
        put_and_run(place, small, 1)
        assert ask(place.settings.published_folder, "select count(*) from people.identities")[1] == [(1,)]
    assert ask(tmp_path / "data" / "published", "select count(*) from people.identities")[1] == [(1,)]


def test_a_publish_that_fails_leaves_the_old_copy(tmp_path, small):
    place = Place(tmp_path)
    put_and_run(place, small, 1)
    folder = place.settings.published_folder
    before = ask(folder, "select * from metrics.daily")
    (folder / "metrics.daily.duckdb.tmp").mkdir()
    with pytest.raises((OSError, duckdb.Error)):
        put_and_run(place, small, 2)
    assert ask(folder, "select * from metrics.daily") == before
    (folder / "metrics.daily.duckdb.tmp").rmdir()
    put_and_run(place, small, 3)
    assert ask(folder, "select event_count from metrics.daily where source = 'web'")[1] == [(3,)]
