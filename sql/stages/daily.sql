-- One row per person and local date since they were first seen, up to the date of as_of: the stage at the end of that date.
--
-- What was entered and left on one date is in stages.periods only. 'Now' is that of stages.current, so the last date agrees
-- with it, and the many rows of this view are counted as seldom as that table is built.
--
-- grain: person_id, local_date
-- by: person_id
-- view: yes
-- column: local_date | date in the report zone
-- column: stage | visitor, signed_up, activated, active, inactive or resurrected
-- column: entered_date | local date since which they are in it
-- column: definition_version | version of config/stages.yaml
with today as (
    select max(as_of) as as_of, max(as_of_date) as local_date from stages.current
),
stood as (
    select periods.*, case when left_at <= today.as_of then left_date - 1 else today.local_date end as last_date
    from stages.periods as periods
    cross join today
    where periods.entered_at <= today.as_of
)
select
    person_id,
    cast(unnest(generate_series(entered_date, last_date, interval 1 day)) as date) as local_date,
    stage,
    entered_date,
    definition_version
from stood
