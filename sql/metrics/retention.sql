-- One row per entry of config/retention.yaml, grain, cohort and period after it: how many of the cohort came back in it.
--
-- Somebody came back who did one of the `returned` actions in the period, later than they entered. Period 0 is the cohort's
-- own. What is not over at as_of is null, not zero; of a rolling cohort a period is over when it is for its last member.
--
-- grain: retention, grain, cohort_date, period_number
-- public: yes
-- check: nobody comes back who was not there | returned_count is null or returned_count between 0 and cohort_count
-- check: what is not over is null | is_complete = (returned_count is not null)
-- column: cohort_date | first date of the cohort's period in the report zone
-- column: period_number | periods after the cohort's own, which is 0
-- column: cohort_count | persons in the cohort by as_of
-- column: returned_count | those of them who came back in the period; null: it is not over
-- column: return_ratio | returned_count by cohort_count, 0 to 1
-- column: is_complete | the period was over for the whole cohort at as_of
-- column: definition_version | version of the entry
with now as (
    select max(as_of) as as_of, max(cast(timezone(house.report_timezone, as_of) as date)) as as_of_date
    from raw.batches
    cross join config.house as house
),
sized as (
    select retention, grain, cohort_date, definition_version, count(*) as cohort_count, max(entered_at) as last_entered_at
    from journeys.cohorts
    where entered_at <= (select as_of from now)
    group by retention, grain, cohort_date, definition_version
),
returns as (
    select distinct retention, grain, period_count, unnest(returned) as action from config.retention
),
came as ( -- once a period, so that nobody is counted twice in it
    select returns.retention, returns.grain, days.person_id, max(days.last_at) as last_at,
        cast(date_trunc(returns.grain, days.local_date) as date) as period_date
    from journeys.action_days as days
    join returns on returns.action = days.action and returns.grain <> 'rolling'
    group by all
),
returned as (
    select cohorts.retention, cohorts.grain, cohorts.cohort_date, count(*) as returned_count,
        date_diff(cohorts.grain, cohorts.cohort_date, came.period_date) as period_number
    from journeys.cohorts as cohorts
    join came on came.retention = cohorts.retention and came.grain = cohorts.grain and came.person_id = cohorts.person_id
    where came.last_at > cohorts.entered_at
    group by all
    union all
    select cohorts.retention, cohorts.grain, cohorts.cohort_date, count(distinct cohorts.person_id),
        (epoch_us(done.occurred_at) - epoch_us(cohorts.entered_at)) // 86400000000 as period_number
    from journeys.cohorts as cohorts
    join returns on returns.retention = cohorts.retention and returns.grain = cohorts.grain
    join journeys.actions as done on done.action = returns.action and done.person_id = cohorts.person_id
    where cohorts.grain = 'rolling' and done.occurred_at > cohorts.entered_at
        and epoch_us(done.occurred_at) - epoch_us(cohorts.entered_at) < (returns.period_count + 1) * 86400000000
    group by all
),
cells as (
    select sized.*, unnest(generate_series(0, asked.period_count)) as period_number
    from sized
    join config.retention as asked on asked.retention = sized.retention and asked.grain = sized.grain
),
judged as (
    select cells.*,
        case grain
            when 'day' then cohort_date + to_days(cast(period_number + 1 as integer)) <= as_of_date
            when 'week' then cohort_date + to_days(cast(7 * (period_number + 1) as integer)) <= as_of_date
            when 'month' then cohort_date + to_months(cast(period_number + 1 as integer)) <= as_of_date
            else cohort_date < as_of_date and epoch_us(last_entered_at) + (period_number + 1) * 86400000000 <= epoch_us(as_of)
        end as is_complete
    from cells
    cross join now
)
select
    judged.retention,
    judged.grain,
    judged.cohort_date,
    judged.period_number,
    judged.cohort_count,
    case when judged.is_complete then coalesce(returned.returned_count, 0) end as returned_count,
    case when judged.is_complete then coalesce(returned.returned_count, 0) / judged.cohort_count end as return_ratio,
    judged.is_complete,
    judged.definition_version
from judged
left join returned
    on returned.retention = judged.retention and returned.grain = judged.grain
    and returned.cohort_date = judged.cohort_date and returned.period_number = judged.period_number
