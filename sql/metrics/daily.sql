-- One row per local date and source, and per date a row 'all' over all sources.
--
-- From a source's first to its last date with an event a zero is a zero; outside that span there is no row, because no data
-- is not zero. Persons are distinct within the row, so sources never add up to 'all'.
--
-- grain: local_date, source
-- by: local_date
-- public: yes
-- check: there are not more persons than events | person_count <= event_count
-- column: local_date | date in the report zone
-- column: source | name of the source, or all
-- column: event_count | events of the date, also those that are nobody's
-- column: person_count | distinct persons with an event
-- column: without_person_count | events without a usable id or whose id belongs to nobody
-- column: new_person_count | persons first seen on the date (for a source: first seen there)
-- column: session_count | sessions that started on the date
-- column: median_session_seconds | median session length, seconds; null: no session
with sourced_events as (
    select local_date, source, person_id from journeys.events
    union all
    select local_date, 'all', person_id from journeys.events
),
counted as (
    select local_date, source, count(*) as event_count, count(distinct person_id) as person_count,
        count(*) filter (where person_id is null) as without_person_count
    from sourced_events
    group by local_date, source
),
arrived as (
    select first_seen_date as local_date, source, count(*) as new_person_count
    from people.arrivals
    group by first_seen_date, source
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
)
select
    calendar.local_date,
    calendar.source,
    coalesce(counted.event_count, 0) as event_count,
    coalesce(counted.person_count, 0) as person_count,
    coalesce(counted.without_person_count, 0) as without_person_count,
    coalesce(arrived.new_person_count, 0) as new_person_count,
    coalesce(visited.session_count, 0) as session_count,
    visited.median_session_seconds
from metrics.calendar as calendar
left join counted on counted.local_date = calendar.local_date and counted.source = calendar.source
left join arrived on arrived.local_date = calendar.local_date and arrived.source = calendar.source
left join visited on visited.local_date = calendar.local_date and visited.source = calendar.source
