-- One row per person seen so far: the stage they are in at as_of.
--
-- grain: person_id
-- public: yes
-- check: a stage began by now | entered_at <= as_of
-- column: stage | visitor, signed_up, activated, active, inactive or resurrected
-- column: entered_at | since when, UTC
-- column: entered_date | local date of entered_at in the report zone
-- column: previous_stage | the stage before; null: none, they are a visitor
-- column: day_count | dates since entered_date
-- column: last_meaningful_at | latest meaningful action that the log knows of, UTC; null: none
-- column: turns_inactive_at | when silence from now on makes them inactive, UTC; null: they are, or never did anything meaningful
-- column: definition_version | version of config/stages.yaml
-- column: ledger_position | last batch that the row knows of
-- column: as_of | recorded time of that batch, UTC
-- column: as_of_date | its local date in the report zone
with position as (
    select max(batch) as ledger_position, max(as_of) as as_of,
        max(cast(timezone(house.report_timezone, as_of) as date)) as as_of_date
    from raw.batches
    cross join config.house as house
),
told as (
    select *, lag(stage) over (partition by person_id order by period_number) as previous_stage,
        max(case when stage = 'inactive' then entered_at end) over (partition by person_id) as silent_at
    from stages.periods
)
select
    told.person_id,
    told.stage,
    told.entered_at,
    told.entered_date,
    told.previous_stage,
    position.as_of_date - told.entered_date as day_count,
    make_timestamptz(epoch_us(told.silent_at) - config.inactive_after_us) as last_meaningful_at,
    case when told.silent_at > position.as_of then told.silent_at end as turns_inactive_at,
    told.definition_version,
    position.ledger_position,
    position.as_of,
    position.as_of_date
from told
cross join position
cross join config.stages as config
where told.entered_at <= position.as_of and (told.left_at is null or told.left_at > position.as_of)
