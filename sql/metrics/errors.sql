-- One row per error code and action that ended in it: since when, how often, and whether it is new or is back.
--
-- The codes of metrics.failures. New: first seen within the last 7 local dates, the date of as_of among them, while errors
-- have been recorded for longer than that. Back: within the last 7 local dates it was seen after at least 30 dates without it.
--
-- grain: error, action
-- public: yes
-- check: what is new is not back | not (is_new and is_back)
-- column: error | error code
-- column: event_count | times it was seen
-- column: person_count | distinct persons who met it
-- column: first_seen_at | earliest time, UTC
-- column: last_seen_at | latest time, UTC
-- column: is_new | first seen within the last 7 local dates
-- column: is_back | seen within the last 7 local dates after 30 without it
with today as (
    select cast(timezone(any_value(house.report_timezone), max(batches.as_of)) as date) as as_of_date
    from raw.batches as batches
    cross join config.house as house
),
seen as (
    select error, action, person_id, failed_at as seen_at, failed_date as seen_date
    from metrics.failures
    where error is not null
),
counted as (
    select error, action, count(*) as event_count, count(distinct person_id) as person_count,
        min(seen_at) as first_seen_at, max(seen_at) as last_seen_at, min(seen_date) as first_date
    from seen
    group by error, action
),
returned as (
    select dates.error, dates.action, bool_or(dates.seen_date > today.as_of_date - 7 and dates.silent_count >= 30) as is_back
    from (
        select error, action, seen_date,
            seen_date - lag(seen_date) over (partition by error, action order by seen_date) - 1 as silent_count
        from (select distinct error, action, seen_date from seen)
    ) as dates
    cross join today
    group by dates.error, dates.action
)
select
    counted.error,
    counted.action,
    counted.event_count,
    counted.person_count,
    counted.first_seen_at,
    counted.last_seen_at,
    counted.first_date > today.as_of_date - 7 and log.first_date <= today.as_of_date - 7 as is_new,
    coalesce(returned.is_back, false) as is_back
from counted
cross join today
cross join (select min(first_date) as first_date from counted) as log
join returned on returned.error = counted.error and returned.action = counted.action
