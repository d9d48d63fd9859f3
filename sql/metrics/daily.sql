-- One row per local date and source, and per date a row 'all' over all sources.
--
-- From a source's first to its last date with an event a zero is a zero; outside that span there is no row, because no data
-- is not zero. Persons are distinct within the row, so sources never add up to 'all'.
--
-- grain: local_date, source
-- public: yes
-- check: there are not more persons than events | person_count <= event_count
-- column: local_date | date in the report zone
-- column: source | name of the source, or all
-- column: event_count | events of the date, also those that are nobody's
-- column: person_count | distinct persons with an event
-- column: new_person_count | persons first seen on the date (for a source: first seen there)
-- column: session_count | sessions that started on the date
-- column: median_session_seconds | median session length, seconds; null: no session
-- column: ledger_position | last batch that the row knows of
-- column: as_of | recorded time of that batch, UTC
with sourced_events as (
    select local_date, source, person_id, occurred_at from journeys.events
    union all
    select local_date, 'all', person_id, occurred_at from journeys.events
),
counted as (
    select local_date, source, count(*) as event_count, count(distinct person_id) as person_count
    from sourced_events
    group by local_date, source
),
first_dates as (
    select source, person_id, arg_min(local_date, occurred_at) as local_date
    from sourced_events
    where person_id is not null
    group by source, person_id
),
arrived as (
    select local_date, source, count(*) as new_person_count
    from first_dates
    group by local_date, source
),
sourced_sessions as (
    select started_date, source, duration_us from journeys.sessions
    union all
    select started_date, 'all', duration_us from journeys.sessions
),
visited as (
    select started_date as local_date, source, count(*) as session_count,
        median(duration_us) / 1000000 as median_session_seconds
    from sourced_sessions
    group by started_date, source
),
calendar as (
    select source, cast(unnest(generate_series(min(local_date), max(local_date), interval 1 day)) as date) as local_date
    from counted
    group by source
)
select
    calendar.local_date,
    calendar.source,
    coalesce(counted.event_count, 0) as event_count,
    coalesce(counted.person_count, 0) as person_count,
    coalesce(arrived.new_person_count, 0) as new_person_count,
    coalesce(visited.session_count, 0) as session_count,
    visited.median_session_seconds,
    (select max(batch) from raw.batches) as ledger_position,
    (select max(as_of) from raw.batches) as as_of
from calendar
left join counted on counted.local_date = calendar.local_date and counted.source = calendar.source
left join arrived on arrived.local_date = calendar.local_date and arrived.source = calendar.source
left join visited on visited.local_date = calendar.local_date and visited.source = calendar.source
