-- One row per funnel, person, local date of entry and step reached: the person's deepest attempt of that date.
--
-- What every number of a funnel counts. Of equally deep attempts the latest entry counts; a later visit never moves an
-- earlier date's entries. Entries of one moment that are equal in id too come from two sources, and any of them is as good.
--
-- grain: funnel, person_id, local_date, step_number
-- by: local_date
-- date: local_date
-- column: local_date | date of entry in the report zone
-- column: breakdown_of | what breakdown is a value of; null: the funnel is broken down by nothing
-- column: is_last | true: it is the last step, so the funnel is completed
with deepest as (
    select *
    from funnels.entries
    qualify rank() over (
        partition by funnel, person_id, entered_date order by deepest_step desc, entered_at desc, hold, entry_rank desc
    ) = 1
)
select
    deepest.entered_date as local_date,
    deepest.funnel,
    deepest.person_id,
    deepest.entered_at,
    steps.step_number,
    steps.is_last,
    deepest.reached_at[steps.step_number] as reached_at,
    deepest.deepest_step,
    funnels.breakdown_of,
    coalesce(deepest.breakdown, '(none)') as breakdown,
    deepest.open_until
from deepest
join funnels.steps as steps on steps.funnel = deepest.funnel
join config.funnels as funnels on funnels.funnel = deepest.funnel
where deepest.reached_at[steps.step_number] is not null
