"""PostgreSQL as the place of what is published: the same rows, one whole generation, and only what changed is written."""

import re
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest

from pipelines.models import Model
from pipelines.published import ask, publish
from pipelines.published.files import path_of
from pipelines.published.postgres import ServingError, serve
from pipelines.settings import Settings
from pipelines.warehouse import House, open_warehouse
from pipelines.work import new_tasks, read, run_all
from tests.faults.catalogue import STRANGE, line
from tests.faults.place import AS_OF, Place
from tests.houses import settings_in, with_inputs
from tests.pipelines.published.small import (
    VISITS,
    database,
    model,
    put,
    put_parts,
    rows,
    run,
    secret,
    visits,
    with_user,
)

VISIT = model("shop.visits", VISITS, date="local_date", moment="started_at")
CANARY = "canary-7f3a"


@pytest.fixture
def url(postgres) -> Iterator[str]:
    with database(postgres) as address:
        yield address


class Shop:
    """What is published, and PostgreSQL."""

    def __init__(self, folder: Path, url: str) -> None:
        self.published, self.url = folder / "published", url

    def serve(self, *tables: Model) -> dict[str, int]:
        return serve(secret(self.url), self.published, {table.name: table for table in tables})

    def put(self, generation: int, table: Model = VISIT, query: str | None = None) -> None:
        put(self.published, table, query or visits(100, generation), generation)

    def put_parts(self, generation: int, query: str, table: Model = VISIT) -> None:
        put_parts(self.published, table, query, generation)

    def rows(self, query: str) -> list[tuple]:
        return rows(self.url, query)


@pytest.fixture
def shop(tmp_path, url) -> Shop:
    return Shop(tmp_path, url)


# ---- the same rows


@pytest.fixture(scope="module")
def small(house) -> House:
    return House(house.config, with_inputs(["metrics.daily", "journeys.sessions", "stages.current"], house.models))


def test_a_publish_of_the_house_is_the_same_on_both_sides(tmp_path, small, url):
    place = Place(tmp_path, serving=url)
    lines = [line(event_id=f"e-{n}", event_name=text, ids={"user": text}) for n, text in enumerate(STRANGE)]
    place.put("1.ndjson", b"\n".join(lines))
    with open_warehouse(place.settings, small, wait_seconds=0) as warehouse:
        read(warehouse, new_tasks(warehouse, settled=False), as_of=AS_OF)
        run_all(warehouse)
    folder = place.settings.published_folder
    names = [name for (name,) in ask(folder, "select table_name from published.tables")[1]]
    assert "people.identities" in names
    for name in [*names, "published.tables"]:
        assert rows(url, f"select * from {name} order by 1, 2, 3") == ask(folder, f"from {name} order by 1, 2, 3")[1], (
            name
        )


ODD = {
    "visit": "BIGINT",
    "said": "VARCHAR",
    "is_it": "BOOLEAN",
    "ratio": "DOUBLE",
    "seen_at": "TIMESTAMP",
    "day": "DATE",
}
ODD_ROWS = """select * from (values
    (1, '', true, 'inf'::double, timestamp '1969-12-31 23:59:59.999999', date '0001-01-01'),
    (2, null, null, null, null, null),
    (3, 'NULL', false, -0.1, timestamp '2999-01-01', date '2026-02-28'),
    (4, '\\N', false, 1e308, timestamp '2026-01-01', date '2026-02-28'),
    (-9223372036854775808, e'a"b,c\\n\\r\\t;', false, 5e-324, timestamp '2026-01-01', date '2026-02-28'),
    (9223372036854775807, e'\\\\.', false, 0.1 + 0.2, timestamp '2026-01-01', date '2026-02-28')
) as odd (visit, said, is_it, ratio, seen_at, day)"""


def test_odd_values_come_through(shop):
    odd = model("shop.odd", ODD)
    shop.put(1, odd, ODD_ROWS)
    shop.serve(odd)
    assert (
        shop.rows("select * from shop.odd order by visit") == duckdb.sql(f"from ({ODD_ROWS}) order by visit").fetchall()
    )


def test_a_character_that_no_text_may_hold_is_marked(shop):
    odd = model("shop.odd", {"visit": "BIGINT", "said": "VARCHAR"})
    shop.put(1, odd, "select 1 as visit, 'a' || chr(0) || 'b' as said")
    shop.serve(odd)
    assert shop.rows("select said from shop.odd") == [("a\N{REPLACEMENT CHARACTER}b",)]


# ---- what is written


def test_only_tables_that_changed_are_written(shop):
    other = model("shop.others", VISITS)
    shop.put(1)
    shop.put(1, other)
    assert shop.serve(VISIT, other) == {"shop.visits": 100, "shop.others": 100}
    assert shop.serve(VISIT, other) == {}
    shop.put(2, other)
    assert shop.serve(VISIT, other) == {"shop.others": 100}
    assert shop.rows("select table_name, generation from published.tables order by 1") == [
        ("shop.others", 2),
        ("shop.visits", 1),
    ]


CHANGED = f"""select * replace (case when person_id = 'p-3' and visit >= 50 then 2 else ratio end as ratio)
    from ({visits(100)}) where visit <> 91"""


def changed_again(generation: int) -> str:
    return f"select * replace (case when visit = 98 then {generation} else ratio end as ratio) from ({CHANGED})"


def test_only_parts_that_changed_are_written(shop):
    """From the 50th on those of one person, and of another the last, which is gone."""
    shop.put(1)
    shop.serve(VISIT)
    before = dict(shop.rows("select visit, xmin::text from shop.visits"))
    shop.put_parts(2, CHANGED)
    assert shop.serve(VISIT) == {"shop.visits": 5 + 5 + 1}
    assert shop.rows("select * from shop.visits order by 1") == duckdb.sql(f"from ({CHANGED}) order by 1").fetchall()
    after = dict(shop.rows("select visit, xmin::text from shop.visits"))
    assert sum(before.get(visit) == written for visit, written in after.items()) == 94


def test_parts_of_several_publishes_are_made_up_for(shop):
    shop.put(1)
    shop.serve(VISIT)
    shop.put_parts(2, CHANGED)
    shop.put_parts(3, changed_again(3))
    assert shop.serve(VISIT) == {"shop.visits": 5 + 5 + 1 + 1 + 1}
    assert (
        shop.rows("select * from shop.visits order by 1")
        == duckdb.sql(f"from ({changed_again(3)}) order by 1").fetchall()
    )


def test_rows_of_nobody_and_of_all_time_are_parts_too(shop):
    some = f"select * replace (nullif(person_id, 'p-0') as person_id) from ({visits(100)})"
    shop.put(1, query=some)
    shop.serve(VISIT)
    changed = f"select * replace (case when visit = 90 then 2 else ratio end as ratio) from ({some})"
    put_parts(shop.published, VISIT, changed, 2, since="timestamp '-infinity'")
    assert shop.serve(VISIT) == {"shop.visits": 10 + 10}
    assert shop.rows("select * from shop.visits order by 1") == duckdb.sql(f"from ({changed}) order by 1").fetchall()


@pytest.mark.parametrize("case", ["written whole", "others wrote to it", "an older generation", "gone"])
def test_all_rows_are_written_where_it_cannot_be_told_which_changed(shop, case):
    shop.put(1)
    shop.serve(VISIT)
    if case == "written whole":
        shop.put(2)
    if case == "an older generation":
        shop.put(2)
        shop.serve(VISIT)
        shop.put(1)
    if case == "others wrote to it":
        run(shop.url, "delete from shop.visits where visit < 70")
    if case == "gone":
        run(shop.url, "drop table shop.visits")
    if case != "written whole":
        shop.put_parts(3, CHANGED)
    expected = visits(100, 2) if case == "written whole" else CHANGED
    count = duckdb.sql(f"select count(*) from ({expected})").fetchall()[0][0]
    assert shop.serve(VISIT) == {"shop.visits": count}
    assert shop.rows("select * from shop.visits order by 1") == duckdb.sql(f"from ({expected}) order by 1").fetchall()


def test_texts_sort_as_the_engine_sorts_them(shop):
    names = model("shop.names", {"visit": "VARCHAR"})
    query = "select unnest(['b', 'B', 'a', 'ä', 'Z', '_', '-']) as visit"
    shop.put(1, names, query)
    shop.serve(names)
    assert shop.rows("select visit from shop.names order by 1") == duckdb.sql(f"from ({query}) order by 1").fetchall()


def test_panels_find_rows_by_person_and_time(shop):
    shop.put(1)
    shop.serve(VISIT)
    found = shop.rows("select indexdef from pg_indexes where tablename = 'visits'")
    assert {each.partition("btree ")[2] for (each,) in found} == {
        "(visit)",
        "(person_id)",
        "(local_date)",
        "(started_at)",
    }


# ---- another shape


def test_columns_come_go_and_change_and_grants_stay(shop):
    shop.put(1)
    shop.serve(VISIT)
    run(shop.url, "create role somebody; grant select on shop.visits to somebody")
    changed = {name: kind for name, kind in VISITS.items() if name != "ratio"} | {
        "person_id": "BIGINT",
        "more": "VARCHAR",
    }
    shop.put(
        2,
        table := model("shop.visits", changed),
        "select 1 as visit, 2 as person_id, now()::timestamp as started_at, "
        "date '2026-01-01' as local_date, 'x' as more",
    )
    assert shop.serve(table) == {"shop.visits": 1}
    assert shop.rows("select visit, person_id, more from shop.visits") == [(1, 2, "x")]
    for role in ("somebody", "trailhouse_reader"):
        assert shop.rows(f"select has_table_privilege('{role}', 'shop.visits', 'select')") == [(True,)]
    run(shop.url, "revoke all on shop.visits from somebody; drop role somebody")


def test_a_table_that_is_public_no_more_goes_and_what_others_made_stays(shop):
    other = model("shop.others", VISITS)
    shop.put(1)
    shop.put(1, other)
    shop.serve(VISIT, other)
    run(shop.url, "create table shop.theirs as select 1 as a")
    path_of(shop.published, "shop.others").unlink()
    shop.serve(VISIT)
    found = shop.rows("select tablename from pg_tables where schemaname = 'shop' order by 1")
    assert found == [("theirs",), ("visits",)] and shop.rows("select table_name from published.tables") == [
        ("shop.visits",)
    ]


def test_what_others_made_of_a_table_keeps_its_shape_and_that_is_said(shop):
    shop.put(1)
    shop.serve(VISIT)
    run(shop.url, "create view shop.theirs as select ratio from shop.visits")
    fewer = model("shop.visits", {"visit": "BIGINT"})
    shop.put(2, fewer, "select 1 as visit")
    with pytest.raises(ServingError, match="something that others made depends on"):
        shop.serve(fewer)
    assert shop.rows("select count(*) from shop.visits") == [(100,)]


# ---- one whole generation

BOTH = """select (select min(ratio) from shop.visits where visit = 0), (select max(ratio) from shop.others where visit = 0),
    (select count(*) from shop.visits), (select count(*) from shop.others)"""


def test_readers_see_one_whole_generation_and_never_wait(shop):
    other = model("shop.others", VISITS)
    seen, stop = [], threading.Event()

    def read_on() -> None:
        with psycopg.connect(shop.url, autocommit=True) as connection:
            connection.execute("set lock_timeout = '1s'")
            while not stop.is_set():
                seen.append(connection.execute(BOTH).fetchone())

    reader = threading.Thread(target=read_on)
    for generation in range(1, 8):
        if generation == 1:
            shop.put(1)
        else:
            shop.put_parts(generation, visits(100, generation))  # one of them in parts
        shop.put(generation, other)
        shop.serve(VISIT, other)
        if generation == 1:
            reader.start()
    stop.set()
    reader.join()
    assert len(seen) > 10 and not [each for each in seen if each[0] != each[1] or each[2:] != (100, 100)]
    assert seen[-1][0] > seen[0][0]


def test_a_publish_that_fails_midway_has_not_happened(shop):
    other = model("shop.zebras", VISITS)
    shop.put(1)
    shop.put(1, other)
    shop.serve(VISIT, other)
    run(shop.url, "alter table shop.zebras add constraint small check (ratio < 2)")
    shop.put(2)
    shop.put(2, other)
    with pytest.raises(ServingError, match="check constraint"):
        shop.serve(VISIT, other)
    assert shop.rows("select max(ratio) from shop.visits") == [(1,)]
    assert shop.rows("select distinct generation from published.tables") == [(1,)]


# ---- refusals


@pytest.fixture
def strict(postgres, url) -> Iterator[str]:
    """A user who has a password, which the server asks for, and no rights."""
    with psycopg.connect(url, autocommit=True) as connection:
        (path,) = connection.execute("show hba_file").fetchone() or ("",)
        before = Path(path).read_text()
        Path(path).write_text(f"local all strict scram-sha-256\n{before}")
        connection.execute("create role strict login password 'right'; select pg_reload_conf()")
    yield url.replace("postgresql://postgres:", "postgresql://strict:").replace(
        "postgresql://postgres@", "postgresql://strict@"
    )
    Path(path).write_text(before)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop role strict; select pg_reload_conf()")


def refusal(shop: Shop) -> str:
    with pytest.raises(ServingError) as refused:
        shop.serve(VISIT)
    told = "".join(traceback.format_exception(refused.value))
    assert CANARY not in told
    return str(refused.value)


def as_user(url: str, user: str, password: str) -> str:
    return f"postgresql://{user}:{password}@{url.partition('@')[2]}"


def test_a_wrong_password(shop, strict):
    shop.url = as_user(strict, "strict", CANARY)
    assert "the user or the password in it is wrong" in refusal(shop)


def test_no_right_to_it(shop, strict):
    shop.put(1)
    shop.url = as_user(strict, "strict", "right")
    assert "they must be granted" in refusal(shop)


def test_the_rights_that_are_documented_are_enough(shop, url):
    shop.put(1)
    name = url.partition("?")[0].rpartition("/")[2]
    run(url, "drop role if exists publisher; create role publisher login")
    [rights] = re.findall(
        r"(?s)(create role trailhouse_reader.*?)```", (Path(__file__).parents[3] / "docs/serving.md").read_text()
    )
    made = "create role trailhouse_reader nologin;"
    exists = rows(url, "select from pg_roles where rolname = 'trailhouse_reader'")
    run(
        url,
        rights.replace(made, "" if exists else made).replace(
            "database trailhouse to trailhouse", f"database {name} to publisher"
        ),
    )
    shop.url = with_user(url, "publisher")
    for generation in (1, 2):
        shop.put(generation)
        assert shop.serve(VISIT)
    assert shop.rows("select max(ratio) from shop.visits") == [(2,)]
    run(url, "drop owned by publisher; drop role publisher")


def test_no_such_database(shop):
    shop.url = shop.url.replace("?", "_more?") if "?" in shop.url else shop.url + "_more"
    assert "create it first" in refusal(shop)


def test_nobody_there(shop):
    shop.url = f"postgresql://u:{CANARY}@127.0.0.1:9/nothing"
    assert "is the server there" in refusal(shop)


WRONG = (f"mysql://u:{CANARY}@h/d", f"postgresql://u:{CANARY}@[h/d", f"postgresql://u:{CANARY}@h/d?sslmod=1", CANARY)


@pytest.mark.parametrize("address", WRONG)
def test_no_address_of_postgresql(shop, address):
    shop.url = address
    assert "postgresql://<user>" in refusal(shop)


def test_the_server_ends_the_session(shop):
    shop.put(1)
    shop.serve(VISIT)
    run(
        shop.url,
        """create function shop.end_it() returns trigger language plpgsql as
        $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
        create trigger ends before insert on shop.visits for each row execute function shop.end_it()""",
    )
    shop.put(2)
    assert "hanged" in refusal(shop)
    assert shop.rows("select max(ratio) from shop.visits") == [(1,)]


def test_a_full_disk_is_told(shop):
    shop.put(1)
    shop.serve(VISIT)
    run(
        shop.url,
        """create function shop.full() returns trigger language plpgsql as
        $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
        create trigger fills before insert on shop.visits for each row execute function shop.full()""",
    )
    shop.put(2)
    assert "the server's disk is full" in refusal(shop)
    assert shop.rows("select max(ratio) from shop.visits") == [(1,)]


# ---- the setting


def test_the_setting_is_spelt_as_documented(monkeypatch):
    for name in ("WAREHOUSE_SERVING", "TRAILHOUSE_WAREHOUSE_SERVING"):
        with monkeypatch.context() as set_:
            set_.setenv(name, f"postgresql://u:{CANARY}@h/d")
            settings = Settings(_env_file=None)  # pyright: ignore[reportCallIssue]
        assert settings.serving is not None and CANARY not in repr(settings)


def test_what_did_not_reach_postgresql_is_tried_again(tmp_path, house):
    small = House(house.config, with_inputs(["people.identities"], house.models))
    place = Place(tmp_path, serving=f"postgresql://u:{CANARY}@127.0.0.1:9/nothing")
    place.put("1.ndjson", line(event_id="e-1"))
    with open_warehouse(place.settings, small, wait_seconds=0) as warehouse:
        read(warehouse, new_tasks(warehouse, settled=False), as_of=AS_OF)
        with pytest.raises(ServingError):
            run_all(warehouse)
        assert ask(place.settings.published_folder, "select count(*) from people.identities")[1] == [(2,)]
        assert not (place.settings.published_folder / "state.json").exists()
    with open_warehouse(settings_in(tmp_path), small, wait_seconds=0) as warehouse:
        publish(warehouse)
    assert (place.settings.published_folder / "state.json").exists()
