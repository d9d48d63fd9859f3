-- One row per funnel, local date of entry, breakdown and step: how many persons reached it, and how soon.
--
-- A person counts on a date by their deepest attempt of it, and in the breakdown by that attempt's value, so the values of a
-- breakdown add up to 'all'. Every step of a date with an entry has a row: nobody is a zero there.
--
-- grain: funnel, local_date, breakdown_of, breakdown, step_number
-- by: local_date
-- date: local_date
-- column: local_date | date of entry in the report zone
-- column: step_number | from 1; in mode any_order the k-th different step
-- column: step_name | name of the step; in mode any_order k of n
-- column: breakdown_of | what breakdown is a value of; all: everybody
-- column: breakdown | the value; (none): there is none; all: everybody
-- column: is_optional | the step may be left out
-- column: person_count | persons whose deepest attempt of the date reached the step
-- column: previous_person_count | … and the required step before it; null: it is the first
-- column: first_person_count | … and the first step
-- column: median_seconds | median time from the entry to the step, seconds; null: nobody reached it
-- column: p90_seconds | nine in ten of them were as fast, seconds
with reached as (
    select funnel, local_date, 'all' as breakdown_of, 'all' as breakdown, step_number,
        epoch_us(reached_at) - epoch_us(entered_at) as taken_us
    from funnels.results
    union all
    select funnel, local_date, breakdown_of, breakdown, step_number, epoch_us(reached_at) - epoch_us(entered_at)
    from funnels.results
    where breakdown_of is not null
),
counted as (
    select funnel, local_date, breakdown_of, breakdown, step_number, count(*) as person_count,
        quantile_cont(taken_us, 0.5) / 1000000 as median_seconds, quantile_cont(taken_us, 0.9) / 1000000 as p90_seconds
    from reached
    group by funnel, local_date, breakdown_of, breakdown, step_number
),
entered as (
    select funnel, local_date, breakdown_of, breakdown, person_count from counted where step_number = 1
)
select
    entered.local_date,
    entered.funnel,
    entered.breakdown_of,
    entered.breakdown,
    steps.step_number,
    steps.step_name,
    steps.is_optional,
    coalesce(counted.person_count, 0) as person_count,
    case when steps.previous_step is not null then coalesce(before.person_count, 0) end as previous_person_count,
    entered.person_count as first_person_count,
    counted.median_seconds,
    counted.p90_seconds
from entered
join funnels.steps as steps on steps.funnel = entered.funnel
left join counted
    on counted.funnel = entered.funnel and counted.local_date = entered.local_date
    and counted.breakdown_of = entered.breakdown_of and counted.breakdown = entered.breakdown
    and counted.step_number = steps.step_number
left join counted as before
    on before.funnel = entered.funnel and before.local_date = entered.local_date
    and before.breakdown_of = entered.breakdown_of and before.breakdown = entered.breakdown
    and before.step_number = steps.previous_step
