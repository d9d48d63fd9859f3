"""One row per action that a rule of config/actions.yaml finds in a person's events.

A rule of kind event makes a row of every event that matches; with dedupe, of every one that repeats none. A rule of kind
span pairs starts with ends, in the order of time, starts before ends, event_id: a start while one is open is a repeat; an end
later than the timeout, or without a start, is a row without one; a heartbeat is counted to the span that is open, and to
none otherwise. That is a loop, which SQL lacks.

grain: person_id, action, event_number
by: person_id
since: occurred_at until closes_at
date: local_date
reads: journeys.events, config.actions
check: a span ends after it starts | ended_at is null or started_at is null or ended_at >= started_at
check: a span ends in time | ended_at is null or started_at is null or ended_at <= times_out_at
column: action | name of the rule
column: action_version | its version in config/actions.yaml
column: event_number | event that made it: of a span the start, or the end that has no start
column: occurred_at | when it counts: of a span its start, or its end where it has no start, UTC
column: local_date | date of occurred_at in the report zone
column: started_at | start of a span, UTC; null: it has none, or is no span
column: ended_at | end of a span, UTC; null: none yet
column: outcome | of a span: open, ok or failed; null: it is no span
column: duration_us | of a span: ended_at minus started_at, microseconds
column: times_out_at | of a span: an end later than this is not its end, UTC
column: last_heartbeat_at | of a span: its latest heartbeat, UTC; null: none came, or its rule names none
column: repeat_count | later ones that were counted as this one: repeated starts, or events by dedupe
column: end_event_number | event that ended the span
column: end_event_id | its id
column: key | what tells spans, or repeats, of the rule apart
column: error | error code that the rule takes from the event
column: properties | what the rule keeps of the events, JSON object
column: closes_at | until then a later event can change the row, UTC
"""

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from assets.journeys.matching import Rule, matched_query
from pipelines.config.actions import Action

SORTED = """
create or replace temp table paired_rows as
select *, row_number() over (order by person_id, action, key, occurred_at, role > 0, event_id, source) - 1 as place,
    dense_rank() over (order by person_id, action, key) as pair_group
from ({matched})"""

PLACES = "select pair_group, epoch_us(occurred_at) as at, role, timeout_us from temp.paired_rows order by place"

ALONE = """
select person_id, action, action_version, source, event_number, event_id, occurred_at, local_date,
    cast(null as timestamptz) as started_at, cast(null as timestamptz) as ended_at, cast(null as varchar) as outcome,
    cast(null as bigint) as duration_us, cast(null as timestamptz) as times_out_at,
    cast(null as timestamptz) as last_heartbeat_at, cast(0 as bigint) as repeat_count,
    cast(null as bigint) as end_event_number, cast(null as varchar) as end_event_id, key, error, properties,
    occurred_at as closes_at
from ({matched})"""

PAIRED = """
select found.person_id, found.action, found.action_version, found.source, found.event_number, found.event_id,
    found.occurred_at, found.local_date,
    case when found.is_span then starts.occurred_at end as started_at,
    ends.occurred_at as ended_at,
    case when found.is_span then ['open', 'ok', 'failed'][pairs.outcome + 1] end as outcome,
    epoch_us(ends.occurred_at) - epoch_us(starts.occurred_at) as duration_us,
    case when found.is_span then make_timestamptz(epoch_us(starts.occurred_at) + starts.timeout_us) end as times_out_at,
    beats.occurred_at as last_heartbeat_at, pairs.repeat_count,
    ends.event_number as end_event_number, ends.event_id as end_event_id, found.key,
    coalesce(ends.error, starts.error) as error,
    case when ends.properties is null or starts.properties is null then coalesce(starts.properties, ends.properties)
        else cast(json_merge_patch(starts.properties, ends.properties) as varchar) end as properties,
    coalesce(ends.occurred_at, make_timestamptz(epoch_us(starts.occurred_at) + starts.timeout_us)) as closes_at
from temp.pairs as pairs
join temp.paired_rows as found on found.place = case when pairs.start_row < 0 then pairs.end_row else pairs.start_row end
left join temp.paired_rows as starts on starts.place = pairs.start_row
left join temp.paired_rows as ends on ends.place = pairs.end_row
left join temp.paired_rows as beats on beats.place = pairs.beat_row"""

PAIRS = pa.schema([(name, pa.int64()) for name in ("start_row", "end_row", "outcome", "repeat_count", "beat_row")])


def query(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Puts what belongs together into temp.paired_rows and temp.pairs; what stands alone is made a row where it is found."""
    found = connection.execute("select action, definition from config.actions where kind <> 'from_funnel'").fetchall()
    rules = [Rule(name, Action.model_validate_json(definition)) for name, definition in found]
    paired = [rule for rule in rules if rule.action.is_paired]
    connection.execute(SORTED.format(matched=matched_query(paired)))
    connection.register("arrow_pairs", pairs(connection.execute(PLACES).to_arrow_table()))
    connection.execute("create or replace temp table pairs as select * from arrow_pairs")
    connection.unregister("arrow_pairs")
    alone = [rule for rule in rules if not rule.action.is_paired]
    yield ALONE.format(matched=matched_query(alone))
    yield PAIRED


def pairs(rows: pa.Table) -> pa.Table:
    """Rows of PLACES -> one row per span or kept event, its rows told by their place; -1: none."""
    if not rows.num_rows:
        return PAIRS.empty_table()
    from pipelines.kernels.spans import pair  # compiled: not where tables are only loaded

    columns = [rows[name].to_numpy().copy() for name in ("pair_group", "at", "role", "timeout_us")]
    return pa.table(list(pair(*columns)), schema=PAIRS)
