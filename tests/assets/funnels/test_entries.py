"""From rows of funnels.events to rows of funnels.entries: holds, parts of the persons, the order of rows."""

import random
from dataclasses import replace

import duckdb
import pyarrow as pa
import pytest

from assets.funnels import entries
from pipelines.config.funnels import Funnel, funnels_table
from pipelines.house import HOUSE
from tests.pipelines.kernels import funnel_reference as reference

FUNNEL = Funnel.model_validate({
    "version": 3,
    "window": "10s",
    "hold": ["repo"],
    "steps": [{"action": "opened"}, {"action": "reviewed"}, {"action": "merged"}],
})  # fmt: skip
ROW = funnels_table({"f": FUNNEL}).to_pylist()[0]
SECOND = 1_000_000
MODEL = HOUSE.models["funnels.entries"]
TYPES = {name: pa.int64() for name in ("occurred_at", "bits", "event_number")} | {"local_date": pa.int32()}
COLUMNS = ("person_id", "hold", "occurred_at", "bits", "local_date", "event_number", "breakdown")
SCHEMA = pa.schema([(name, TYPES.get(name, pa.string())) for name in COLUMNS])


def drawn(seed: int, count: int = 300) -> list[dict]:
    draw = random.Random(seed)
    return [
        {
            "person_id": draw.choice("abc"),
            "hold": draw.choice(("x", "y", "z")),
            "occurred_at": draw.randrange(60) * SECOND,
            "bits": draw.choice((1, 2, 4)),
            "local_date": 0,
            "event_number": number,
            "event_id": f"{draw.randrange(1000):03}-{number}",
            "source": "web",
        }
        for number in range(count)
    ]


def table(events: list[dict]) -> pa.Table:
    rows = pa.Table.from_pylist(events, schema=SCHEMA)
    texts = rows["person_id"].dictionary_encode()
    rows = rows.set_column(rows.column_names.index("person_id"), "person_id", texts)
    moments = rows["occurred_at"].cast(pa.timestamp("us", "UTC"))
    rows = rows.set_column(rows.column_names.index("occurred_at"), "occurred_at", moments)
    return rows.set_column(rows.column_names.index("local_date"), "local_date", rows["local_date"].cast(pa.date32()))


def found(events: list[dict]) -> set[tuple]:
    ids = {event["event_number"]: event["event_id"] for event in events}

    def ids_of(numbers: pa.ChunkedArray) -> pa.Table:
        return pa.table({"event_id": [ids[number] for number in numbers.to_pylist()], "source": ["web"] * len(numbers)})

    return {
        (row["person_id"], row["hold"], ids[row["entry_event_number"]], step + 1, ids[number])
        for row in entries.follow(ROW, entries.in_order(table(events), ids_of)).to_pylist()
        for step, number in enumerate(row["event_numbers"])
        if number is not None
    }


def expected(events: list[dict]) -> set[tuple]:
    rows = set()
    for person, hold in {(event["person_id"], event["hold"]) for event in events}:
        own = [event for event in events if (event["person_id"], event["hold"]) == (person, hold)]
        seen = [reference.Event(e["occurred_at"], e["event_id"], frozenset([e["bits"].bit_length() - 1])) for e in own]
        for each in reference.attempts(entries.question(ROW), seen):
            rows |= {(person, hold, each.entry, step + 1, event_id) for step, event_id in each.reached.items()}
    return rows


@pytest.mark.parametrize("seed", range(10))
def test_attempts_stay_within_their_person_and_hold(seed):
    events = drawn(seed)
    assert found(events) == expected(events) == found(events[::-1])


def test_a_missing_hold_is_noticed():
    events = drawn(1)
    without = {(person, *rest) for person, _, *rest in found([event | {"hold": None} for event in events])}
    assert without != {(person, *rest) for person, _, *rest in expected(events)}


def test_without_events_there_is_no_attempt():
    assert found([]) == set()


@pytest.fixture
def built():
    """A connection that shows what the table reads."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; create schema funnels; create schema config; create schema people")
        connection.register("drawn", table(drawn(3)))
        connection.register("all_drawn", pa.Table.from_pylist(drawn(3)))
        connection.execute("""
            create table people.events as select event_number, event_id, source from all_drawn;
            create table funnels.events as select 'f' as funnel, * from drawn;
            create table people.trait_values (person_id varchar, trait varchar, stated_at timestamptz, value varchar)""")
        connection.register("rows_of_config", funnels_table({"f": FUNNEL, "without_events": FUNNEL}))
        connection.execute("create table config.funnels as select * from rows_of_config")
        yield connection


def stored(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    MODEL.store(connection, "temp.found")
    return connection.execute("from temp.found order by all").fetchall()


def test_persons_taken_in_parts_give_the_same_attempts(built, monkeypatch):
    whole = stored(built)
    assert len(whole) == len({(person, entry) for person, _, entry, *_ in expected(drawn(3))})
    monkeypatch.setattr(entries, "EVENTS_AT_ONCE", 50)
    assert stored(built) == whole


def test_persons_of_one_number_are_told_apart_by_their_text(built, monkeypatch):
    whole = stored(built)
    monkeypatch.setattr(entries, "KEYS", ("length(person_id)", "person_id"))
    assert stored(built) == whole


def test_a_word_that_is_missing_has_its_default():
    row = ROW | {"mode": None, "reentry": None, "exclusions": None}
    assert entries.question(row) == replace(entries.question(ROW), mode="ordered", reentry="latest")
