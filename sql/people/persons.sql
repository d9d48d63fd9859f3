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
with latest as (
    select person_id, trait, value
    from people.traits as traits
    anti join people.excluded_events as excluded on excluded.event_number = traits.event_number
    qualify row_number() over (partition by person_id, trait order by occurred_at desc, event_id desc, source desc) = 1
),
known as (
    select person_id, '{' || string_agg(to_json(trait) || ':' || value, ',' order by trait) || '}' as traits
    from latest
    group by person_id
)
select
    days.person_id,
    min(days.first_at) as first_seen_at,
    max(days.last_at) as last_seen_at,
    arg_min(days.local_date, days.first_at) as first_seen_date,
    cast(sum(days.event_count) as bigint) as event_count,
    any_value(known.traits) as traits
from people.days as days
left join known on known.person_id = days.person_id
group by days.person_id
