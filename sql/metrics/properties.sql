-- One row per source, event name and property that it ever carried: since when, how often, of which types.
--
-- A property drifts when a type appears after another one had been the only one; null is no type of its own.
--
-- grain: source, event_name, property
-- public: yes
-- personal: example
-- warn: a property keeps its type | not is_drifting
-- check: a ratio lies between 0 and 1 | fill_ratio between 0 and 1
-- column: property | path with dots, three deep
-- column: first_seen_at | earliest event that carried it, UTC
-- column: last_seen_at | latest event that carried it, UTC
-- column: event_count | events that carried it, null or not
-- column: fill_ratio | events in which it is not null, of all events of the name, 0 to 1
-- column: types | JSON types with their counts, the most frequent first
-- column: is_drifting | true: its type changed at some time
-- column: example | its earliest value as text, cut at 80 characters; null: private by config/dictionary.yaml
with volumes as (
    select source, event_name, sum(event_count) as event_count from raw.event_names group by source, event_name
),
reduced as (
    select source, event_name, property,
        min(first.occurred_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        cast(sum(event_count) as bigint) as event_count,
        coalesce(sum(event_count) filter (where json_type <> 'null'), 0) as filled_count,
        string_agg(json_type || ' ' || event_count, ', ' order by event_count desc, json_type) as types,
        coalesce(
            max(first.occurred_at) filter (where json_type <> 'null')
            > min(first.occurred_at) filter (where json_type <> 'null'), false
        ) as is_drifting,
        arg_min(first.example, first) filter (where json_type <> 'null') as example
    from raw.properties
    group by source, event_name, property
)
select
    reduced.source,
    reduced.event_name,
    reduced.property,
    reduced.first_seen_at,
    reduced.last_seen_at,
    reduced.event_count,
    reduced.filled_count / volumes.event_count as fill_ratio,
    reduced.types,
    reduced.is_drifting,
    reduced.example
from reduced
join volumes on volumes.source = reduced.source and volumes.event_name = reduced.event_name
