"""One row per session: a person's events at one source with no silence longer than the source's gap.

A session also ends before the first event later than the cap after its own start. Where that happens the next session
starts at that event, so a long stretch is cut one piece after the other: a loop, which SQL lacks.

grain: person_id, source, started_at
by: person_id
since: started_at until closes_at
date: started_date
public: yes
reads: journeys.events, config.sources
check: a session ends after it starts | ended_at >= started_at
warn: a session is a visit, not a robot | event_count < 10000
column: started_at | first event, UTC
column: ended_at | last event, UTC
column: closes_at | until then a further event would still belong to it, UTC
column: started_date | local date of the start in the report zone
column: duration_us | last event minus first, microseconds
column: event_count | events in the session
column: entry_path | first page
column: exit_path | last page
column: referrer | address that the first event which has one was reached from
column: utm_source | campaign source of the first event that has one
column: utm_medium | campaign medium of the first event that has one
column: utm_campaign | campaign name of the first event that has one
column: device_class | desktop, mobile, tablet …, of the first event that says so
"""

from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa

from pipelines.arrow import codes, in_batches, rank, taken

EVENTS_AT_ONCE = 4_000_000  # persons are taken in parts, so memory does not grow with the history
GROUP = ("person_id", "source", "session_gap_us", "session_cap_us")
CUT = pa.schema(
    [
        ("person_id", pa.string()),
        ("source", pa.string()),
        ("session_gap_us", pa.int64()),
        ("session_cap_us", pa.int64()),
    ]
    + [("started_date", pa.date32())]
    + [(name, pa.int64()) for name in ("started_us", "ended_us", "event_count")]
    + [
        (name, pa.string())
        for name in ("entry_path", "exit_path", "referrer", "utm_source", "utm_medium", "utm_campaign")
    ]
    + [("device_class", pa.string())]
)
FIRST_OF = ("referrer", "utm_source", "utm_medium", "utm_campaign", "device_class")

EVENTS = """
select events.person_id, events.source, epoch_us(events.occurred_at) as at, events.event_id, events.local_date,
    events.path, events.referrer, events.utm_source, events.utm_medium, events.utm_campaign, events.device_class,
    sources.session_gap_us, sources.session_cap_us
from journeys.events as events
join config.sources as sources on sources.source = events.source and sources.has_sessions
where events.person_id is not null"""

SESSIONS = """
select person_id, source, make_timestamptz(started_us) as started_at, make_timestamptz(ended_us) as ended_at,
    make_timestamptz(least(ended_us + session_gap_us, started_us + session_cap_us)) as closes_at,
    started_date, ended_us - started_us as duration_us, event_count,
    entry_path, exit_path, referrer, utm_source, utm_medium, utm_campaign, device_class
from arrow_sessions"""


def query(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Cuts the sessions of a part of the persons at a time; the SELECT gives them their types."""
    parts = max(1, -(-_count(connection) // EVENTS_AT_ONCE))
    for part in range(parts):
        which = f" and hash(events.person_id) % {parts} = {part}" if parts > 1 else ""
        connection.register("arrow_sessions", sessions(connection.execute(EVENTS + which).to_arrow_table()))
        yield SESSIONS
    connection.unregister("arrow_sessions")


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    return connection.execute("select count(*) from journeys.events").fetchall()[0][0]


def sessions(events: pa.Table) -> pa.Table:
    """Rows of EVENTS in any order -> one row per session, its times in microseconds."""
    if not events.num_rows:
        return CUT.empty_table()
    from pipelines.kernels.sessions import Sessions  # compiled: not where tables are only loaded

    events = events.combine_chunks()
    at = events["at"].to_numpy().copy()
    groups, a_row_of = _groups(events["person_id"], events["source"])
    gaps, caps = (events[name].take(a_row_of).to_numpy().astype(np.int64) for name in GROUP[2:])
    found = Sessions(groups, at, gaps, caps)
    found.break_ties(lambda rows: rank(events["event_id"].take(pa.array(rows))))
    first, last = found.picked(np.ones(len(at), bool))
    columns = {name: taken(events[name], first) for name in (*GROUP, "local_date")}
    columns["started_date"] = columns.pop("local_date")
    columns |= {"started_us": at[first], "ended_us": at[last], "event_count": found.sizes()}
    first_paths, last_paths = found.picked(_is_there(events["path"]))
    columns |= {"entry_path": taken(events["path"], first_paths), "exit_path": taken(events["path"], last_paths)}
    for name in FIRST_OF:
        columns[name] = taken(events[name], found.picked(_is_there(events[name]))[0])
    return in_batches(pa.table(columns).select(CUT.names))


def _groups(persons: pa.ChunkedArray, sources: pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
    """(number of each row's person and source, from 0; a row of each number)"""
    numbers = codes(persons) * (len(sources.unique()) or 1) + codes(sources)
    a_row_of = np.full(numbers.max(initial=-1) + 1, -1, np.int64)
    a_row_of[numbers] = np.arange(len(numbers))
    is_used = a_row_of >= 0
    return (np.cumsum(is_used) - 1)[numbers], pa.array(a_row_of[is_used])


def _is_there(column: pa.ChunkedArray) -> np.ndarray:
    return column.is_valid().to_numpy()
