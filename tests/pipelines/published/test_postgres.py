"""PostgreSQL as the place of what is published: the same rows, in the same shape, one whole generation."""

import threading

import duckdb
import psycopg
import pytest

from pipelines.published import ask
from pipelines.published.files import path_of
from pipelines.published.postgres import ServingError
from pipelines.warehouse import House, open_warehouse
from pipelines.work import new_tasks, read, run_all
from tests.faults.catalogue import STRANGE, line
from tests.faults.place import AS_OF, Place
from tests.houses import with_inputs
from tests.pipelines.published.shop import VISIT
from tests.pipelines.published.small import (
    VISITS,
    model,
    rows,
    run,
    visits,
)

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
