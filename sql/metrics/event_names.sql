-- One row per source and event name that it ever sent: since when and how often.
--
-- Events count as they were accepted, excluded ones too. The last days end with the date of as_of.
--
-- grain: source, event_name
-- public: yes
-- column: first_seen_at | earliest event of the name, UTC
-- column: last_seen_at | latest event of the name, UTC
-- column: event_count | events accepted so far
-- column: last_7_days_event_count | events of the last 7 local dates
-- column: last_30_days_event_count | events of the last 30 local dates
-- column: is_new | first seen within the last 7 local dates
with today as (
    select cast(timezone(any_value(house.report_timezone), max(batches.as_of)) as date) as as_of_date
    from raw.batches as batches
    cross join config.house as house
),
counted as (
    select names.source, names.event_name, min(names.first_seen_at) as first_seen_at,
        max(names.last_seen_at) as last_seen_at, cast(sum(names.event_count) as bigint) as event_count,
        cast(coalesce(sum(names.event_count) filter (where names.local_date > today.as_of_date - 7), 0) as bigint)
            as last_7_days_event_count,
        cast(coalesce(sum(names.event_count) filter (where names.local_date > today.as_of_date - 30), 0) as bigint)
            as last_30_days_event_count,
        min(names.local_date) > any_value(today.as_of_date) - 7 as is_new
    from raw.event_names as names
    cross join today
    group by names.source, names.event_name
)
select
    counted.source,
    counted.event_name,
    counted.first_seen_at,
    counted.last_seen_at,
    counted.event_count,
    counted.last_7_days_event_count,
    counted.last_30_days_event_count,
    counted.is_new
from counted
