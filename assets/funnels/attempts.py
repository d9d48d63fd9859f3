"""One row per funnel, attempt and step that it reached.

What an attempt is stands at the head of config/funnels.yaml. Everything that is said of funnels is a reduction of this
table. Facts and deadlines only: whether an attempt is still open is asked at as_of, in metrics.funnel_steps.

A later event can change an attempt until its window ends; where entries of one date are one attempt, until that date is over.

grain: funnel, person_id, entry_event_number, step_number
by: person_id
since: run_started_at until closes_at
date: entered_date
public: yes
reads: funnels.events, people.trait_values, config.funnels
check: a step is reached within the window | reached_at between entered_at and window_ends_at
check: a step is reached after the required one before it | previous_reached_at is null or previous_reached_at <= reached_at
check: an attempt is entered in its run | run_started_at <= entered_at
column: funnel | name in config/funnels.yaml
column: funnel_version | its version there
column: entered_at | the event that the attempt begins with; of a run the last entry, UTC
column: entered_date | local date of entered_at in the report zone
column: entry_event_number | that event
column: entry_event_id | its id
column: step_number | from 1; in mode any_order the k-th different step
column: step_name | name of the step; in mode any_order k of n
column: reached_at | when, UTC
column: event_number | the event that reached it
column: event_id | its id
column: source | and its source
column: previous_reached_at | when the required step before was reached, UTC; null: it is the first
column: deepest_step | number of the last required step that the attempt reached
column: breakdown | value of the property of the step, or of the trait at entry, that the funnel is broken down by
column: hold | values of the properties that all its steps share: the text of one, a JSON list of more
column: run_started_at | first of the entries that are this one attempt, UTC
column: window_ends_at | the entry and the window, UTC: reached then, a step still counts
column: open_until | until then a further step can be reached, or it ended then: completed, excluded, interrupted, UTC
column: closes_at | until then a later event can change the row, UTC
"""

from typing import Any

import duckdb
import pyarrow as pa

from assets.funnels.columns import FOUND, columns_of
from pipelines.arrow import group_codes, numbers, rank

EVENTS_AT_ONCE = 4_000_000  # persons are taken in parts, so memory does not grow with the history

EVENTS = """
select person_id, hold, epoch_us(occurred_at) as "at", bits, local_date, event_number, event_id, source, breakdown
from funnels.events where funnel = ? and bits <> 0"""

ATTEMPTS = """
with known_at_entry as (
    select entries.person_id, entries.trait, entries.entered_us, json_extract_string(stated.value, '$') as value
    from (select distinct person_id, trait, entered_us from temp.found_attempts where trait is not null) as entries
    asof join people.trait_values as stated
        on stated.person_id = entries.person_id and stated.trait = entries.trait
        and stated.stated_at <= make_timestamptz(entries.entered_us)
)
select found.funnel, found.funnel_version, found.person_id, make_timestamptz(found.entered_us) as entered_at,
    found.entered_date, found.entry_event_number, found.entry_event_id, found.step_number, found.step_name,
    make_timestamptz(found.reached_us) as reached_at, found.event_number, found.event_id, found.source,
    make_timestamptz(found.previous_us) as previous_reached_at, found.deepest_step,
    coalesce(known.value, found.breakdown) as breakdown, found.hold,
    make_timestamptz(found.run_us) as run_started_at,
    make_timestamptz(found.entered_us + found.window_us) as window_ends_at,
    make_timestamptz(found.open_us) as open_until,
    greatest(
        make_timestamptz(found.entered_us + found.window_us),
        case when found.is_run then timezone('UTC', cast(found.entered_date as timestamp) + interval 36 hour) end
    ) as closes_at
from temp.found_attempts as found
left join known_at_entry as known
    on known.person_id = found.person_id and known.trait = found.trait and known.entered_us = found.entered_us"""


def query(connection: duckdb.DuckDBPyConnection) -> str:
    """Puts the attempts at each funnel, a part of the persons at a time, into temp.found_attempts; the SELECT types them."""
    connection.register("arrow_attempts", FOUND.empty_table())
    connection.execute("create or replace temp table found_attempts as select * from arrow_attempts")
    for funnel in _funnels(connection):
        parts = max(1, -(-_count(connection, funnel["funnel"]) // EVENTS_AT_ONCE))
        for part in range(parts):
            which = f" and hash(person_id) % {parts} = {part}" if parts > 1 else ""
            events = connection.execute(EVENTS + which, [funnel["funnel"]]).to_arrow_table()
            connection.register("arrow_attempts", attempts(funnel, events))
            connection.execute("insert into temp.found_attempts select * from arrow_attempts")
    connection.unregister("arrow_attempts")
    return ATTEMPTS


def _funnels(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return connection.execute("select * from config.funnels").to_arrow_table().to_pylist()


def _count(connection: duckdb.DuckDBPyConnection, funnel: str) -> int:
    return connection.execute("select count(*) from funnels.events where funnel = ?", [funnel]).fetchall()[0][0]


def attempts(funnel: dict[str, Any], events: pa.Table) -> pa.Table:
    """A row of config.funnels, and rows of EVENTS in any order -> one row per attempt and step, its times in microseconds."""
    from pipelines.kernels.funnels import attempts as follow  # compiled: not where tables are only loaded
    from pipelines.kernels.order import Order

    if not events.num_rows:
        return FOUND.empty_table()
    at, bits, dates = (numbers(events[name]) for name in ("at", "bits", "local_date"))
    groups, count = group_codes(events["person_id"], events["hold"])
    order = Order(groups, at, count)
    order.break_ties(lambda rows: rank(*(events[name].take(pa.array(rows)) for name in ("event_id", "source"))))
    return columns_of(funnel, events, at, follow(question(funnel), order, at, bits, dates))


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
