-- One row per entry of config/stickiness.yaml and date, week or month: how many persons were active, and how regularly.
--
-- From the first date with an active person to that of as_of; a period without any has its zero.
--
-- grain: stickiness, grain, period_date
-- public: yes
-- check: a ratio lies between 0 and 1 | stickiness_ratio is null or stickiness_ratio between 0 and 1
-- column: period_date | first date of the period in the report zone
-- column: date_count | dates of the period
-- column: person_count | distinct persons who did one of the actions in the period, so far
-- column: person_date_count | for each date of the period the persons of that date, added up
-- column: stickiness_ratio | mean persons of a date by persons of the period; null: not over yet, or nobody
-- column: is_complete | the period was over at as_of
-- column: definition_version | version of the entry
with now as (
    select max(cast(timezone(house.report_timezone, as_of) as date)) as as_of_date
    from raw.batches
    cross join config.house as house
),
counted as (
    select stickiness, grain, period_date, cast(sum(person_count) as bigint) as person_count,
        cast(sum(active_date_count * person_count) as bigint) as person_date_count
    from metrics.stickiness
    group by stickiness, grain, period_date
),
spans as (
    select stickiness, grain, definition_version, min(period_date) as first_date,
        case grain when 'day' then interval 1 day when 'week' then interval 7 day else interval 1 month end as step
    from metrics.stickiness
    group by stickiness, grain, definition_version
),
periods as (
    select spans.*, cast(unnest(generate_series(first_date, now.as_of_date, step)) as date) as period_date
    from spans
    cross join now
),
dated as (
    select *, cast(period_date + step as date) as next_date, cast(period_date + step as date) - period_date as date_count
    from periods
)
select
    dated.stickiness,
    dated.grain,
    dated.period_date,
    dated.date_count,
    coalesce(counted.person_count, 0) as person_count,
    coalesce(counted.person_date_count, 0) as person_date_count,
    case
        when dated.next_date <= now.as_of_date and counted.person_count > 0
        then counted.person_date_count / (dated.date_count * counted.person_count)
    end as stickiness_ratio,
    dated.next_date <= now.as_of_date as is_complete,
    dated.definition_version
from dated
cross join now
left join counted
    on counted.stickiness = dated.stickiness and counted.grain = dated.grain and counted.period_date = dated.period_date
