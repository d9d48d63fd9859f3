"""The kernel of sessions against a plain loop: any order of rows, equal moments, several groups, parts of the persons."""

import random
from datetime import date

import duckdb
import pyarrow as pa
import pytest

from assets.journeys import sessions
from pipelines.house import HOUSE

COLUMNS = ("path", "referrer", "utm_source", "utm_medium", "utm_campaign", "device_class")
GAP, CAP, DAY = 30, 60, date(1970, 1, 1)


def drawn(seed: int, count: int = 400) -> list[dict]:
    """Events of a few persons at two sources on few moments: ties, long stretches, silences of just the gap."""
    draw = random.Random(seed)
    return [
        {
            "person_id": draw.choice("abc"),
            "source": draw.choice(("web", "shop")),
            "at": draw.choice((0, 10, 30, 31, 60, 61)) + draw.choice((0, 90, 150, 1000, 1030)),
            "event_id": f"{draw.randrange(10**6)}é{number}",
            "local_date": DAY,
            "session_gap_us": GAP,
            "session_cap_us": CAP,
        }
        | {name: draw.choice((None, None, f"{name}{number}")) for name in COLUMNS}
        for number in range(count)
    ]


def expected(events: list[dict]) -> dict[tuple, dict]:
    found: dict[tuple, dict] = {}
    open_now: dict[tuple, tuple] = {}
    for event in sorted(events, key=lambda event: (event["at"], event["event_id"].encode())):
        group = event["person_id"], event["source"]
        key = open_now.get(group)
        if key is None or event["at"] - found[key]["ended_us"] > GAP or event["at"] - key[2] > CAP:
            key = open_now[group] = (*group, event["at"])
            found[key] = {"event_count": 0, "entry_path": None, "exit_path": None} | dict.fromkeys(COLUMNS[1:])
        session = found[key]
        session |= {"ended_us": event["at"], "event_count": session["event_count"] + 1}
        session["entry_path"] = session["entry_path"] or event["path"]
        session["exit_path"] = event["path"] or session["exit_path"]
        for name in COLUMNS[1:]:
            session[name] = session[name] or event[name]
    return found


TYPES = {"at": pa.int64(), "local_date": pa.date32(), "session_gap_us": pa.int64(), "session_cap_us": pa.int64()}
SCHEMA = pa.schema([(name, TYPES.get(name, pa.string())) for name in drawn(0, 1)[0]])


def kernel(events: list[dict]) -> dict[tuple, dict]:
    rows = sessions.sessions(pa.Table.from_pylist(events, schema=SCHEMA)).to_pylist()
    kept = ("ended_us", "event_count", "entry_path", "exit_path", *COLUMNS[1:])
    return {(row["person_id"], row["source"], row["started_us"]): {name: row[name] for name in kept} for row in rows}


@pytest.mark.parametrize("seed", range(20))
def test_sessions_are_those_of_a_plain_loop(seed):
    events = drawn(seed)
    assert kernel(events) == expected(events)


def test_without_events_there_is_no_session():
    assert kernel([]) == {}


def test_the_order_of_rows_does_not_matter():
    events = drawn(1)
    assert kernel(events[::-1]) == kernel(sorted(events, key=lambda event: event["event_id"])) == expected(events)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda event: event | {"session_gap_us": GAP - 1}, id="a gap that ends a moment early"),
        pytest.param(lambda event: event | {"session_cap_us": CAP + 1}, id="a cap that ends a moment late"),
        pytest.param(lambda event: event | {"event_id": event["event_id"][::-1]}, id="ties in another order"),
    ],
)
def test_a_rule_that_is_off_by_a_moment_is_noticed(change):
    events = drawn(2)
    assert kernel([change(event) for event in events]) != expected(events)


def stored(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    HOUSE.models["journeys.sessions"].store(connection, "temp.found")
    return connection.execute("from temp.found order by all").fetchall()


def test_persons_taken_in_parts_give_the_same_sessions(monkeypatch):
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; create schema journeys; create schema config")
        rows = pa.Table.from_pylist(drawn(3), schema=SCHEMA).drop(["session_gap_us", "session_cap_us"])
        connection.register("drawn", rows)
        connection.execute('create table journeys.events as select *, make_timestamptz("at") as occurred_at from drawn')
        connection.execute(f"""
            create table config.sources as
            select unnest(['web', 'shop']) as source, true as has_sessions, {GAP} as session_gap_us, {CAP} as session_cap_us""")
        whole = stored(connection)
        monkeypatch.setattr(sessions, "EVENTS_AT_ONCE", 100)
        assert stored(connection) == whole
        assert len(whole) == len(expected(drawn(3)))
