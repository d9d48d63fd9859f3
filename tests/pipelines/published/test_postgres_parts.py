"""What a publish writes into PostgreSQL: tables that changed, and of these the parts that did."""

import duckdb
import pytest

from tests.pipelines.published.shop import VISIT
from tests.pipelines.published.small import (
    VISITS,
    model,
    put_parts,
    run,
    visits,
)


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
