-- One row per entry of config/stickiness.yaml, period and number of dates: the persons who were active on so many of its dates.
--
-- grain: stickiness, grain, period_date, active_date_count
-- public: yes
-- column: stickiness | name of the entry in config/stickiness.yaml
-- column: grain | day, week (from Monday) or month
-- column: period_date | first date of the period in the report zone
-- column: active_date_count | dates of the period on which a person did one of the actions
-- column: person_count | persons with just so many
-- column: definition_version | version of the entry
with wanted as (
    select distinct stickiness, version, unnest(actions) as action from config.stickiness
),
active as (
    select distinct wanted.stickiness, wanted.version, days.person_id, days.local_date
    from journeys.action_days as days
    join wanted on wanted.action = days.action
    where days.first_at <= (select max(as_of) from raw.batches)
),
counted as (
    select stickiness, version, grain, person_id, count(*) as active_date_count,
        cast(date_trunc(grain, local_date) as date) as period_date
    from active
    cross join (select unnest(['day', 'week', 'month']) as grain) as grains
    group by all
)
select
    stickiness,
    grain,
    period_date,
    active_date_count,
    count(*) as person_count,
    version as definition_version
from counted
group by stickiness, grain, period_date, active_date_count, version
