"""What a query reads: its tables, and the columns that each of its columns is made of."""

from pathlib import Path

import pytest

from pipelines.models.header import ModelError
from pipelines.models.lineage import column_lineage, line_of, parse_query, tables_read

PATH = Path("sql/journeys/visits.sql")
EVENTS = {"event_id": "VARCHAR", "source": "VARCHAR", "occurred_at": "TIMESTAMP WITH TIME ZONE"}
SOURCES = {"source": "VARCHAR", "namespace": "VARCHAR"}


def read(text):
    return tables_read(PATH, text, parse_query(PATH, text))


READS = {
    "a table": ("select 1 from raw.events", ("raw.events",)),
    "a join and a subquery": (
        "select * from raw.events join config.sources using (source) where exists (from people.links)",
        ("config.sources", "people.links", "raw.events"),
    ),
    "a query name is no table": ("with visits as (from raw.events) select * from visits", ("raw.events",)),
    "a query may read itself": (
        "with recursive steps as (select 1 as n from raw.events union all select n + 1 from steps) from steps",
        ("raw.events",),
    ),
    "a function is no table": ("select * from raw.events, json_each(properties)", ("raw.events",)),
    "a pivot inside": ("select * from raw.events pivot (count(*) for source in ('web'))", ("raw.events",)),
}


@pytest.mark.parametrize(("text", "expected"), READS.values(), ids=READS)
def test_tables_are_read_from_the_query(text, expected):
    assert read(text) == expected


def test_a_table_without_a_schema_is_refused_at_its_line():
    with pytest.raises(ModelError) as refused:
        read("-- events is not here\nselect *\nfrom events")
    assert str(refused.value) == f"{PATH}:3: table 'events' has no schema and is no CTE here"


REFUSED = {
    "two statements": "select 1; select 2",
    "nothing": "-- only a comment",
    "a table made here": "create table raw.more as select 1",
    "a table made by a pivot": "create table raw.more as pivot raw.events on source using count(*)",
    "a pivot alone": "pivot raw.events on source using count(*)",
    "rows put in": "insert into raw.events select 1",
    "rows taken away": "delete from raw.events",
    "a file opened": "attach 'other.duckdb'",
    "a setting": "set threads = 1",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_only_one_select_is_taken(text):
    with pytest.raises(ModelError, match=r"visits\.sql:1: one SELECT is wanted here"):
        parse_query(PATH, text)


@pytest.mark.parametrize(("text", "line"), [("select 1,\nfrom where", 2), ("select 'abc", 1), ("select (1\n", 1)])
def test_what_is_no_sql_is_refused_with_file_and_line(text, line):
    with pytest.raises(ModelError, match=rf"visits\.sql:{line}: not SQL: "):
        parse_query(PATH, text)


def test_a_name_is_found_whole_and_outside_comments():
    text = "-- people.link\nselect 1\nfrom people.links\njoin people.link using (id)"
    assert line_of(text, "people.link") == 4
    assert line_of(text, "people.nowhere") == 1


def test_a_column_leads_to_the_columns_it_is_made_of():
    text = """
        with named as (select event_id, occurred_at, namespace from raw.events join config.sources using (source))
        select namespace || event_id as key, min(occurred_at) as first_at, count(*) as event_count from named group by key"""
    found = column_lineage(parse_query(PATH, text), {"raw.events": EVENTS, "config.sources": SOURCES})
    assert found == {
        "key": [("config.sources", "namespace"), ("raw.events", "event_id")],
        "first_at": [("raw.events", "occurred_at")],
        "event_count": [],
    }
