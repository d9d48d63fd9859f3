-- One row per local date and stage, from the first date on which anybody was seen to the date of as_of.
--
-- Entries and exits count every transition, also several of one person on one date; standing counts each person once, in the
-- stage at the end of the date. So all stages stand for all persons seen so far.
--
-- grain: local_date, stage
-- public: yes
-- check: what stood, came and went makes what stands | standing_count = opening_count + entry_count - exit_count
-- check: nobody stands less than not at all | standing_count >= 0
-- column: local_date | date in the report zone
-- column: stage | visitor, signed_up, activated, active, inactive or resurrected
-- column: opening_count | persons in the stage at the end of the date before
-- column: entry_count | entries into it on the date
-- column: exit_count | exits from it on the date
-- column: standing_count | persons in it at the end of the date; of the date of as_of, at as_of
with today as (
    select max(as_of) as as_of, max(cast(timezone(house.report_timezone, as_of) as date)) as local_date
    from raw.batches
    cross join config.house as house
),
known as (
    select stage, entered_date, case when left_at <= today.as_of then left_date end as left_date
    from stages.periods
    cross join today
    where entered_at <= today.as_of
),
transitions as (
    select entered_date as local_date, stage, 1 as entry, 0 as exit, case when left_date = entered_date then 0 else 1 end as stands
    from known
    union all
    select left_date, stage, 0, 1, case when left_date = entered_date then 0 else -1 end
    from known
    where left_date is not null
),
counted as (
    select local_date, stage, sum(entry) as entry_count, sum(exit) as exit_count, sum(stands) as change_count
    from transitions
    group by local_date, stage
),
dates as (
    select unnest(generate_series(min(known.entered_date), max(today.local_date), interval 1 day)) as local_date
    from known
    cross join today
),
days as (
    select cast(dates.local_date as date) as local_date, names.stage
    from dates
    cross join (
        select unnest(['visitor', 'signed_up', 'activated', 'active', 'inactive', 'resurrected']) as stage
    ) as names
)
select
    days.local_date,
    days.stage,
    cast(sum(coalesce(change_count, 0)) over so_far - coalesce(change_count, 0) as bigint) as opening_count,
    cast(coalesce(entry_count, 0) as bigint) as entry_count,
    cast(coalesce(exit_count, 0) as bigint) as exit_count,
    cast(sum(coalesce(change_count, 0)) over so_far as bigint) as standing_count
from days
left join counted on counted.local_date = days.local_date and counted.stage = days.stage
window so_far as (partition by days.stage order by days.local_date)
