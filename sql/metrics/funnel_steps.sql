-- One row per funnel, local date of entry, breakdown and step: how many persons came so far, and how many still can.
--
-- Persons are those of funnels.days: by their deepest attempt of the date, so they never add up over dates. An attempt whose
-- window is open at as_of is marked at the last required step that it reached, and is not lost.
--
-- grain: funnel, local_date, breakdown_of, breakdown, step_number
-- date: local_date
-- public: yes
-- check: a ratio lies between 0 and 1 | coalesce(conversion_ratio, 0) between 0 and 1 and first_ratio between 0 and 1
-- check: who may still come is here | still_open_count between 0 and person_count
-- column: conversion_ratio | persons at the step, of those at the required step before it, 0 to 1; null: nobody was there
-- column: first_ratio | persons at the step, of those who entered, 0 to 1
-- column: still_open_count | persons who got no further, but can until their window ends
-- column: as_of | recorded time of the last batch, UTC: what open means
with now as (
    select max(as_of) as as_of from raw.batches
),
still_open as (
    select results.funnel, results.local_date, results.deepest_step, results.breakdown_of, results.breakdown
    from funnels.results as results
    join now on results.open_until >= now.as_of
    join config.funnels as funnels on funnels.funnel = results.funnel and results.deepest_step < len(funnels.steps)
    where results.step_number = 1
),
counted as (
    select funnel, local_date, deepest_step, 'all' as breakdown_of, 'all' as breakdown, count(*) as still_open_count
    from still_open
    group by funnel, local_date, deepest_step
    union all
    select funnel, local_date, deepest_step, breakdown_of, breakdown, count(*)
    from still_open
    where breakdown_of is not null
    group by funnel, local_date, deepest_step, breakdown_of, breakdown
)
select
    days.local_date,
    days.funnel,
    days.breakdown_of,
    days.breakdown,
    days.step_number,
    days.step_name,
    days.is_optional,
    days.person_count,
    days.person_count / nullif(days.previous_person_count, 0) as conversion_ratio,
    days.person_count / days.first_person_count as first_ratio,
    days.median_seconds,
    days.p90_seconds,
    coalesce(counted.still_open_count, 0) as still_open_count,
    now.as_of
from funnels.days as days
cross join now
left join counted
    on counted.funnel = days.funnel and counted.local_date = days.local_date and counted.deepest_step = days.step_number
    and counted.breakdown_of = days.breakdown_of and counted.breakdown = days.breakdown
