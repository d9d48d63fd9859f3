-- One row per funnel and local date of entry: its persons counted in every way there is, which must come to the same.
--
-- The drill-down counts persons in funnels.attempts, steps and breakdown in funnels.days (of which the trend is made), times
-- in metrics.funnel_times.
--
-- grain: funnel, local_date
-- by: local_date
-- check: steps and drill-down agree | step_person_count = person_count and step_completed_count = completed_count
-- check: breakdown and drill-down agree | breakdown_person_count = person_count and breakdown_completed_count = completed_count
-- check: times and drill-down agree | time_completed_count = completed_count
-- column: local_date | date of entry in the report zone
-- column: person_count | distinct persons with an attempt, in the drill-down
-- column: completed_count | those who reached the last step, in the drill-down
-- column: step_person_count | the same as funnels.days has it at the first step
-- column: step_completed_count | … and at the last step
-- column: breakdown_person_count | the same, added up over the values of the breakdown
-- column: breakdown_completed_count | … and at the last step
-- column: time_completed_count | the same as metrics.funnel_times has it, added up over its buckets
with drilled as (
    select attempts.entered_date as local_date, attempts.funnel, count(distinct attempts.person_id) as person_count,
        count(distinct attempts.person_id) filter (where steps.is_last) as completed_count
    from funnels.attempts as attempts
    join funnels.steps as steps on steps.funnel = attempts.funnel and steps.step_number = attempts.step_number
    group by attempts.entered_date, attempts.funnel
),
stepped as (
    select days.local_date, days.funnel, days.breakdown_of = 'all' as is_all,
        sum(days.person_count) filter (where days.step_number = 1) as person_count,
        sum(days.person_count) filter (where steps.is_last) as completed_count
    from funnels.days as days
    join funnels.steps as steps on steps.funnel = days.funnel and steps.step_number = days.step_number
    group by days.local_date, days.funnel, is_all
),
timed as (
    select local_date, funnel, sum(person_count) as completed_count from metrics.funnel_times group by local_date, funnel
)
select
    drilled.local_date,
    drilled.funnel,
    drilled.person_count,
    drilled.completed_count,
    cast(steps.person_count as bigint) as step_person_count,
    cast(steps.completed_count as bigint) as step_completed_count,
    cast(coalesce(parts.person_count, steps.person_count) as bigint) as breakdown_person_count,
    cast(coalesce(parts.completed_count, steps.completed_count) as bigint) as breakdown_completed_count,
    cast(coalesce(timed.completed_count, 0) as bigint) as time_completed_count
from drilled
left join stepped as steps on steps.local_date = drilled.local_date and steps.funnel = drilled.funnel and steps.is_all
left join stepped as parts on parts.local_date = drilled.local_date and parts.funnel = drilled.funnel and not parts.is_all
left join timed on timed.local_date = drilled.local_date and timed.funnel = drilled.funnel
