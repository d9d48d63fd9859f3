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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa

from assets.funnels.columns import FOUND, columns_of
from pipelines.arrow import group_codes, in_stored_order, numbers, pc, places, rank

Ids: TypeAlias = Callable[[pa.ChunkedArray], pa.Table]

EVENTS_AT_ONCE = 4_000_000  # persons are taken in parts, so memory does not grow with the history
KEYS = ("hash(person_id)", "person_id")  # a number is read faster than a text, and almost never stands for two persons

PERSONS = """
select funnel, person_id, {key} as person, count(*) as event_count
from funnels.events where bits <> 0
group by funnel, person_id order by funnel, person_id"""

EVENTS = """
select {key} as person, occurred_at, bits, local_date, event_number, {texts}
from funnels.events where funnel = ? and bits <> 0 and person_id between ? and ?"""

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


def query(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """The attempts at each funnel, a part of the persons at a time."""
    connection.register("arrow_entries", FOUND.empty_table())
    yield FIND
    key, persons = _persons(connection)
    for funnel in connection.execute("select * from config.funnels").to_arrow_table().to_pylist():
        trait = (funnel["breakdown_trait"] or "").replace("'", "''")
        own = persons.filter(pc.equal(persons["funnel"], funnel["funnel"]))
        for found in _all_attempts(connection, funnel, _parts(connection, funnel, key, own)):
            connection.register("arrow_entries", found)
            yield FIND_WITH_TRAIT.format(trait=trait) if trait else FIND
    connection.unregister("arrow_entries")


def _all_attempts(
    connection: duckdb.DuckDBPyConnection, funnel: dict[str, Any], parts: Iterator[pa.Table]
) -> Iterator[pa.Table]:
    """While a part is followed, the next one is read and the one before is stored."""
    ids, following = _ids(connection), None
    with ThreadPoolExecutor(1) as beside:
        for events in parts:
            before, following = following, beside.submit(follow, funnel, in_order(events, ids))
            if before is not None:
                yield before.result()
        if following is not None:
            yield following.result()


def _parts(
    connection: duckdb.DuckDBPyConnection, funnel: dict[str, Any], key: str, persons: pa.Table
) -> Iterator[pa.Table]:
    """Rows of whole persons. A person's text is read once, not with each row, and other texts where the funnel asks for them."""
    asked = {"hold": funnel["hold"], "breakdown": funnel["breakdown_step"]}
    texts = ", ".join(name if is_asked else f"cast(null as varchar) as {name}" for name, is_asked in asked.items())
    for own in _shared_out(persons):
        between = [own["person_id"][0].as_py(), own["person_id"][-1].as_py()]
        events = in_stored_order(connection, EVENTS.format(key=key, texts=texts), [funnel["funnel"], *between])
        person_ids = pa.DictionaryArray.from_arrays(
            places(events["person"], own["person"]), own["person_id"].combine_chunks()
        )
        yield events.drop_columns("person").append_column("person_id", person_ids)


def _persons(connection: duckdb.DuckDBPyConnection) -> tuple[str, pa.Table]:
    """(what tells persons apart, rows of PERSONS)"""
    for key in KEYS:
        persons = connection.execute(PERSONS.format(key=key)).to_arrow_table()
        if pc.count_distinct(persons["person"]) == pc.count_distinct(persons["person_id"]):
            return key, persons
    raise AssertionError(f"{KEYS[-1]} tells persons apart")


def _shared_out(persons: pa.Table) -> Iterator[pa.Table]:
    part_of = np.cumsum(persons["event_count"].to_numpy()) // EVENTS_AT_ONCE
    for part in np.unique(part_of):
        first, end = np.searchsorted(part_of, [part, part + 1])
        yield persons.slice(first, end - first)


def _ids(connection: duckdb.DuckDBPyConnection) -> Ids:
    """Only events of one moment are told apart by their ids, so the ids of all the others are never read."""

    def ids(numbers: pa.ChunkedArray) -> pa.Table:
        connection.register("arrow_numbers", pa.table({"place": np.arange(len(numbers)), "event_number": numbers}))
        return connection.execute(IDS).to_arrow_table()

    return ids


@dataclass(frozen=True, slots=True)
class Ordered:
    """Rows of EVENTS, `person_id` a dictionary; what the kernel needs of them, and their order."""

    events: pa.Table
    at: np.ndarray
    groups: np.ndarray
    order: Any


def in_order(events: pa.Table, ids: Ids) -> Ordered:
    """Rows in any order. ids: event numbers -> their `event_id, source`, in the same order."""
    from pipelines.kernels.order import Order  # compiled: not where tables are only loaded

    at = numbers(events["occurred_at"])
    groups, count = group_codes(events["person_id"], events["hold"])
    order = Order(groups, at, count)
    order.break_ties(
        lambda rows: rank(*ids(events["event_number"].take(pa.array(rows))).select(["event_id", "source"]))
    )
    return Ordered(events, at, groups, order)


def follow(funnel: dict[str, Any], ordered: Ordered) -> pa.Table:
    """funnel: a row of config.funnels. Returns rows of this table."""
    from pipelines.kernels.funnels import attempts

    events, at = ordered.events, ordered.at
    found = attempts(question(funnel), ordered.order, at, numbers(events["bits"]), numbers(events["local_date"]))
    return columns_of(funnel, events, at, ordered.groups, found)


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
