"""What the warehouse file says of itself."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pipelines.models import Model
from pipelines.models.header import Header
from pipelines.warehouse.state import CREATE, HOUSE, State, TableState, definition_of

LINKS = TableState("people.links", 3, 7, 2, {"its query": "abc"}, {"raw.events": 1})


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse; create schema warehouse.people")
        connection.execute("create table warehouse.people.links as select * from (values (1), (2)) as ids(id)")
        yield connection


def test_what_is_saved_is_found(connection):
    state = State(connection, "ledger")
    assert state.table("people.links") is None
    state.save(LINKS)
    assert State(connection, "ledger").table("people.links") == LINKS


def test_builds_are_numbered(connection):
    state = State(connection, "ledger")
    assert state.next_build() == 1
    state.save(LINKS)
    assert state.next_build() == 4


def test_a_file_of_another_ledger_is_forgotten(connection):
    State(connection, "ledger").save(LINKS)
    assert State(connection, "another").table("people.links") is None


def test_rows_that_were_lost_are_noticed(connection):
    state = State(connection, "ledger")
    assert state.lost_rows(LINKS) is None
    connection.execute("delete from warehouse.people.links where id = 2")
    assert state.lost_rows(LINKS) == "it has 1 rows where 2 were written"
    connection.execute("drop table warehouse.people.links")
    assert state.lost_rows(LINKS) == "its table is gone"


def test_touched_persons_are_kept_until_every_reader_has_seen_them(connection):
    connection.execute(CREATE)
    state = State(connection, "ledger")
    connection.execute(f"""
        insert into {HOUSE}.changed_persons
        select 'people.links', batch, 'app/user/1', now() from (values (6), (7), (8)) as batches(batch)""")
    state.save(LINKS)
    state.forget_changes(["people.links", "people.persons"])  # the second was never built: it has seen nothing
    assert _touched(connection) == [6, 7, 8]
    state.forget_changes(["people.links"])
    assert _touched(connection) == [8]


def _touched(connection):
    return [
        row[0] for row in connection.execute(f"select batch from {HOUSE}.changed_persons order by batch").fetchall()
    ]


def model(name, text, inputs, view=False):
    return Model(name, Path(__file__), text, Header(view=view), inputs)


MODELS = {
    "raw.events": model("raw.events", "select 1", ("lake.events", "config.sources"), view=True),
    "people.links": model("people.links", "select 2", ("raw.events", "config.identity")),
    "people.persons": model("people.persons", "select 3", ("people.links",)),
}
CONFIG = {"config.sources": pa.table({"source": ["web"]}), "config.identity": pa.table({"limit": [2]})}


def changed(models=MODELS, config=CONFIG):
    """Of each table, which parts of its definition differ from those of MODELS and CONFIG."""
    found = {}
    for name in MODELS:
        before, after = definition_of(MODELS[name], MODELS, CONFIG), definition_of(models[name], models, config)
        found[name] = [what for what in sorted({*before, *after}) if before.get(what) != after.get(what)]
    return found


def test_an_edited_entry_changes_what_reads_it_also_through_a_view():
    edited = CONFIG | {"config.sources": pa.table({"source": ["web", "shop"]})}
    assert changed(config=edited) == {
        "raw.events": ["config.sources"],
        "people.links": ["config.sources"],
        "people.persons": [],
    }


def test_an_edited_view_changes_what_reads_it():
    edited = MODELS | {"raw.events": model("raw.events", "select 9", MODELS["raw.events"].inputs, view=True)}
    assert changed(models=edited)["people.links"] == ["the query of raw.events"]


def test_equal_entries_are_equal_however_they_came():
    assert changed(config={name: pa.Table.from_pylist(table.to_pylist()) for name, table in CONFIG.items()}) == {
        name: [] for name in MODELS
    }
