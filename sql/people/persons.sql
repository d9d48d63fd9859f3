-- One row per person: when they were seen, and the latest known value of each trait.
--
-- grain: person_id
-- by: person_id
-- check: a person is last seen after being first seen | last_seen_at >= first_seen_at
-- column: first_seen_at | earliest event, UTC, from the log and never from the import
-- column: last_seen_at | latest event, UTC
-- column: first_seen_date | local date of first_seen_at in the report zone
-- column: event_count | events of the person over all sources
-- column: traits | latest known traits, JSON object, keys sorted; null: none known
with traits as (
    select events.person_id, entry.key, entry.value, events.occurred_at, events.event_id, events.source
    from journeys.events as events
    cross join config.identity as identity,
    json_each(events.properties) as entry
    where list_contains(identity.trait_events, events.event_name) and events.person_id is not null
),
latest as (
    select person_id, key, value
    from traits
    qualify row_number() over (partition by person_id, key order by occurred_at desc, event_id desc, source desc) = 1
),
known as (
    select person_id, '{' || string_agg(to_json(key) || ':' || value, ',' order by key) || '}' as traits
    from latest
    group by person_id
)
select
    events.person_id,
    min(events.occurred_at) as first_seen_at,
    max(events.occurred_at) as last_seen_at,
    arg_min(events.local_date, events.occurred_at) as first_seen_date,
    count(*) as event_count,
    any_value(known.traits) as traits
from journeys.events as events
left join known on known.person_id = events.person_id
where events.person_id is not null
group by events.person_id
