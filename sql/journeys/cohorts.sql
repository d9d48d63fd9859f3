-- One row per entry of config/retention.yaml, grain and cohort that a person belongs to: those who began together.
--
-- A cohort is named by the first date of its period; of a rolling one the period is the date. With `entry: first` a person is
-- in the cohort of their very first target action only, with `each` in that of every period in which they do one.
--
-- grain: person_id, retention, grain, cohort_date
-- by: person_id
-- moment: entered_at
-- column: retention | name of the entry in config/retention.yaml
-- column: grain | day, week (from Monday), month, or rolling: 24 hours from the person's own entry
-- column: cohort_date | first date of the period in which they entered, in the report zone
-- column: entered_at | their first target action in it, UTC
-- column: definition_version | version of the entry
with targets as (
    select distinct retention, unnest(target) as action from config.retention
),
begun as (
    select targets.retention, days.person_id, days.local_date, min(days.first_at) as first_at
    from journeys.action_days as days
    join targets on targets.action = days.action
    group by targets.retention, days.person_id, days.local_date
),
entered as (
    select asked.retention, asked.grain, asked.version, asked.entry, begun.person_id, min(begun.first_at) as entered_at,
        cast(date_trunc(replace(asked.grain, 'rolling', 'day'), begun.local_date) as date) as cohort_date
    from begun
    join config.retention as asked on asked.retention = begun.retention
    group by all
)
select
    person_id,
    retention,
    grain,
    cohort_date,
    entered_at,
    version as definition_version
from entered
qualify entry = 'each' or row_number() over (partition by person_id, retention, grain order by entered_at) = 1
