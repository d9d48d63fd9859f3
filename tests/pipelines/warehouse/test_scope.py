"""The catalog in which a table's text runs: every name is there, whole or cut, and views are cut where they read."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pipelines.lake import split_by_received_date, write_segment
from pipelines.models import Model
from pipelines.models.follows import behind
from pipelines.models.header import Header
from pipelines.warehouse.scope import Lake, Scope
from tests.laws.happenings import moment

EVENTS = pa.schema([("event_number", pa.int64()), ("source", pa.string()), ("received_at", pa.timestamp("us", "UTC"))])
SOURCES = {"config.sources": "select 'web' as source, 'app' as namespace"}


def model(name, text="", inputs=(), view=False):
    return Model(name, Path(__file__), text, Header(view=view), inputs)


VIEW = model("raw.events", "select event_number, namespace from lake.events join config.sources using (source)",
             ("lake.events", "config.sources"), view=True)  # fmt: skip
MODELS = {"raw.events": VIEW, "people.links": model("people.links", inputs=("raw.events",))}


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse; create schema warehouse.people")
        connection.execute("create table warehouse.people.links as select * from (values (1), (2), (3)) as ids(id)")
        yield connection


@pytest.fixture
def lake(tmp_path):
    days = [moment("2026-03-01 10:00"), moment("2026-03-02 10:00")]
    rows = pa.table({"event_number": [1, 2], "source": ["web", "web"], "received_at": days}, schema=EVENTS)
    segments = [write_segment(tmp_path, "events", part, day, "1-0") for day, part in split_by_received_date(rows)]
    return Lake(str(tmp_path), {"events": segments}, SOURCES, {"events": EVENTS})


def rows(connection, query):
    return sorted(connection.execute(query).fetchall())


def test_a_stored_table_is_shown_whole_or_cut(connection, lake):
    Scope(connection, lake, MODELS).show(("people.links",), {})
    assert rows(connection, "from people.links") == [(1,), (2,), (3,)]
    Scope(connection, lake, MODELS).show(("people.links",), {"people.links": "select * from {rows} where id > 1"})
    assert rows(connection, "from people.links") == [(2,), (3,)]


def test_a_view_is_cut_where_it_reads(connection, lake):
    Scope(connection, lake, MODELS).show(
        ("raw.events",), {"lake.events": "select * from {rows} where event_number = 2"}
    )
    assert rows(connection, "from raw.events") == [(2, "app")]


def test_the_log_is_read_from_its_segments_of_all_days(connection, lake):
    Scope(connection, lake, MODELS).show(("lake.events",), {})
    assert rows(connection, "select event_number from lake.events") == [(1,), (2,)]


def test_an_empty_log_has_its_columns(connection, tmp_path):
    empty = Lake(str(tmp_path), {"events": []}, SOURCES, {"events": EVENTS})
    Scope(connection, empty, MODELS).show(("raw.events",), {})
    assert rows(connection, "from raw.events") == []


def test_a_name_stands_for_what_its_view_reads():
    assert behind("people.links", MODELS) == {"people.links"}
    assert behind("raw.events", MODELS) == {"lake.events", "config.sources"}
