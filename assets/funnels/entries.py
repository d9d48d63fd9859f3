"""One row per funnel and attempt at it: how far it got, and by which events.

What an attempt is stands at the head of config/funnels.yaml. funnels.attempts shows a row per step; everything that is said
of funnels is a reduction of the two. Facts and deadlines only: whether an attempt is still open is asked at as_of, in
metrics.funnel_steps.

A later event can change an attempt until its window ends; where entries of one date are one attempt, until that date is over.

grain: funnel, entry_event_number
by: person_id
since: run_started_at until closes_at, overlapping
date: entered_date
reads: funnels.events, people.trait_values, people.events, config.funnels
lookup: people.events
check: steps are reached within the window | list_min(reached_at) >= entered_at and list_max(reached_at) <= window_ends_at
check: the deepest step is reached | reached_at[deepest_step] is not null
check: an attempt is entered in its run | run_started_at <= entered_at
column: funnel | name in config/funnels.yaml
column: entered_at | the event that the attempt begins with; of a run the last entry, UTC
column: entered_date | local date of entered_at in the report zone
column: entry_event_number | that event
column: entry_rank | which of the entries of that moment it is, from 0, by event_id
column: deepest_step | number of the last required step that the attempt reached
column: reached_at | per step, up to the last one reached: when, UTC; null: not reached
column: event_numbers | and by which event
column: breakdown | value of the property of the step, or of the trait at entry, that the funnel is broken down by
column: hold | values of the properties that all its steps share: the text of one, a JSON list of more
column: run_started_at | first of the entries that are this one attempt, UTC
column: window_ends_at | the entry and the window, UTC: reached then, a step still counts
column: open_until | until then a further step can be reached, or it ended then: completed, excluded, interrupted, UTC
column: closes_at | until then a later event can change the row, UTC
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa

from assets.funnels.columns import FOUND, columns_of
from pipelines.arrow import group_codes, in_stored_order, numbers, rank

Ids: TypeAlias = Callable[[pa.ChunkedArray], pa.Table]

EVENTS_AT_ONCE = 4_000_000  # persons are taken in parts, so memory does not grow with the history

EVENTS = """
select person_id, hold, epoch_us(occurred_at) as "at", bits, local_date, event_number, breakdown
from funnels.events where funnel = ? and bits <> 0"""

IDS = """
select numbers.place, events.event_id, events.source
from arrow_numbers as numbers
join people.events as events on events.event_number = numbers.event_number
order by numbers.place"""

FIND = "select * from arrow_entries"

FIND_WITH_TRAIT = """
select found.* replace (json_extract_string(stated.value, '$') as breakdown)
from arrow_entries as found
asof left join (select * from people.trait_values where trait = '{trait}') as stated
    on stated.person_id = found.person_id and stated.stated_at <= found.entered_at"""


def query(connection: duckdb.DuckDBPyConnection) -> str:
    """Puts the attempts at each funnel, a part of the persons at a time, into temp.found_entries."""
    connection.register("arrow_entries", FOUND.empty_table())
    connection.execute("create or replace temp table found_entries as select * from arrow_entries")
    for funnel in _funnels(connection):
        find = FIND_WITH_TRAIT.format(trait=_escaped(funnel["breakdown_trait"])) if funnel["breakdown_trait"] else FIND
        for events in _parts(connection, funnel["funnel"]):
            connection.register("arrow_entries", attempts(funnel, events, _ids(connection)))
            connection.execute(f"insert into temp.found_entries {find}")
    connection.unregister("arrow_entries")
    return "select * from temp.found_entries"


def _funnels(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return connection.execute("select * from config.funnels").to_arrow_table().to_pylist()


def _parts(connection: duckdb.DuckDBPyConnection, funnel: str) -> Iterator[pa.Table]:
    count = connection.execute("select count(*) from funnels.events where funnel = ?", [funnel]).fetchall()[0][0]
    parts = max(1, -(-count // EVENTS_AT_ONCE))
    for part in range(parts):
        which = f" and hash(person_id) % {parts} = {part}" if parts > 1 else ""
        yield in_stored_order(connection, EVENTS + which, [funnel])


def _ids(connection: duckdb.DuckDBPyConnection) -> Ids:
    """Only events of one moment are told apart by their ids, so the ids of all the others are never read."""

    def ids(numbers: pa.ChunkedArray) -> pa.Table:
        connection.register("arrow_numbers", pa.table({"place": np.arange(len(numbers)), "event_number": numbers}))
        return connection.execute(IDS).to_arrow_table()

    return ids


def _escaped(text: str) -> str:
    return text.replace("'", "''")


def attempts(funnel: dict[str, Any], events: pa.Table, ids: Ids) -> pa.Table:
    """A row of config.funnels, and rows of EVENTS in any order -> rows of this table.

    ids: event numbers -> their `event_id, source`, in the same order.
    """
    from pipelines.kernels.funnels import attempts as follow  # compiled: not where tables are only loaded
    from pipelines.kernels.order import Order

    if not events.num_rows:
        return FOUND.empty_table()
    at, bits, dates = (numbers(events[name]) for name in ("at", "bits", "local_date"))
    groups, count = group_codes(events["person_id"], events["hold"])
    order = Order(groups, at, count)
    order.break_ties(
        lambda rows: rank(*ids(events["event_number"].take(pa.array(rows))).select(["event_id", "source"]))
    )
    return columns_of(funnel, events, at, groups, follow(question(funnel), order, at, bits, dates))


def question(funnel: dict[str, Any]):
    """A row of config.funnels as the kernel knows it. A word that is missing has its default."""
    from pipelines.kernels.funnels import EVER, Question

    steps = funnel["steps"]
    return Question(
        window=funnel["window_us"],
        within=tuple(EVER if step["within_us"] is None else step["within_us"] for step in steps),
        is_required=tuple(not step["is_optional"] for step in steps),
        exclusions=tuple((each["from_step"] - 1, each["to_step"] - 1) for each in funnel["exclusions"] or ()),
        mode=funnel["mode"] or "ordered",
        reentry=funnel["reentry"] or "latest",
    )
