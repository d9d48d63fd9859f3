-- One row per source, event name, property and JSON type: how many events carried it so.
--
-- Properties of properties are called by their path with dots, three deep; what lies deeper is their object. Of an event name
-- the 300 most frequent of a batch are counted: an object with ids for keys has no end. Events are first counted by the shape
-- of their properties, of which there are few; the earliest of a shape speaks for all.
--
-- grain: source, event_name, property, json_type
-- by: batch
-- fold: sum(event_count), min(first), max(last_seen_at)
-- column: property | path with dots
-- column: json_type | text, number, boolean, null, object, array
-- column: event_count | events that carry it with that type
-- column: first | the earliest of them: occurred_at (UTC), event_id, and its value as text, cut at 80; null: a private name
-- column: last_seen_at | latest of them, UTC
with shapes as (
    select source, event_name, json_structure(properties) as shape, count(*) as event_count,
        min({'occurred_at': occurred_at, 'event_id': event_id}) as first, max(occurred_at) as last_seen_at,
        arg_min(properties, {'occurred_at': occurred_at, 'event_id': event_id}) as properties
    from raw.events
    group by source, event_name, shape
),
level_1 as (
    select shapes.source, shapes.event_name, shapes.event_count, shapes.first, shapes.last_seen_at,
        entry.key as property, entry.value as said, entry.type as duckdb_type
    from shapes, json_each(shapes.properties) as entry
),
level_2 as (
    select level_1.source, level_1.event_name, level_1.event_count, level_1.first, level_1.last_seen_at,
        level_1.property || '.' || entry.key as property, entry.value as said, entry.type as duckdb_type
    from (select * from level_1 where duckdb_type = 'OBJECT') as level_1, json_each(level_1.said) as entry
),
level_3 as (
    select level_2.source, level_2.event_name, level_2.event_count, level_2.first, level_2.last_seen_at,
        level_2.property || '.' || entry.key as property, entry.value as said, entry.type as duckdb_type
    from (select * from level_2 where duckdb_type = 'OBJECT') as level_2, json_each(level_2.said) as entry
),
carried as (
    select * from level_1 union all select * from level_2 union all select * from level_3
),
typed as (
    select source, event_name, event_count, last_seen_at, property,
        case
            when duckdb_type = 'VARCHAR' then 'text'
            when duckdb_type in ('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE') then 'number'
            else lower(duckdb_type)
        end as json_type,
        {'occurred_at': first.occurred_at, 'event_id': first.event_id, 'example': case
            when len(list_filter(dictionary.private_names, word -> contains(lower(property), word))) = 0
                then left(said ->> '$', 80)
        end} as first
    from carried
    cross join config.dictionary as dictionary
)
select source, event_name, property, json_type, cast(sum(event_count) as bigint) as event_count,
    min(first) as first, max(last_seen_at) as last_seen_at
from typed
group by source, event_name, property, json_type
qualify row_number() over (
    partition by source, event_name order by sum(event_count) desc, property, json_type
) <= 300
