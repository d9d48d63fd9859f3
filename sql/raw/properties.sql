-- One row per source, event name, property and JSON type: how many events carried it so.
--
-- Properties of properties are called by their path with dots, three deep; what lies deeper is their object. Of an event name
-- the 300 most frequent of a batch are counted: an object with ids for keys has no end.
--
-- grain: source, event_name, property, json_type
-- by: batch
-- fold: sum(event_count), min(first_seen_at), max(last_seen_at), min(example)
-- column: property | path with dots
-- column: json_type | text, number, boolean, null, object, array
-- column: event_count | events that carry it with that type
-- column: first_seen_at | earliest of them, UTC
-- column: last_seen_at | latest of them, UTC
-- column: example | the smallest of the values as text, cut at 80 characters; null: the property's name is private
with level_1 as (
    select events.source, events.event_name, events.occurred_at,
        entry.key as property, entry.value as said, entry.type as duckdb_type
    from raw.events as events, json_each(events.properties) as entry
),
level_2 as (
    select level_1.source, level_1.event_name, level_1.occurred_at,
        level_1.property || '.' || entry.key as property, entry.value as said, entry.type as duckdb_type
    from (select * from level_1 where duckdb_type = 'OBJECT') as level_1, json_each(level_1.said) as entry
),
level_3 as (
    select level_2.source, level_2.event_name, level_2.occurred_at,
        level_2.property || '.' || entry.key as property, entry.value as said, entry.type as duckdb_type
    from (select * from level_2 where duckdb_type = 'OBJECT') as level_2, json_each(level_2.said) as entry
),
carried as (
    select * from level_1 union all select * from level_2 union all select * from level_3
),
typed as (
    select source, event_name, occurred_at, property,
        case
            when duckdb_type = 'VARCHAR' then 'text'
            when duckdb_type in ('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE') then 'number'
            else lower(duckdb_type)
        end as json_type,
        case
            when len(list_filter(dictionary.private_names, word -> contains(lower(property), word))) = 0
                then left(said ->> '$', 80)
        end as example
    from carried
    cross join config.dictionary as dictionary
)
select source, event_name, property, json_type, cast(count(*) as bigint) as event_count,
    min(occurred_at) as first_seen_at, max(occurred_at) as last_seen_at, min(example) as example
from typed
group by source, event_name, property, json_type
qualify row_number() over (partition by source, event_name order by count(*) desc, property, json_type) <= 300
