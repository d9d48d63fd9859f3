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
select
    attempts.entered_date as local_date,
    attempts.funnel,
    attempts.person_id,
    attempts.entered_at,
    attempts.step_number,
    attempts.step_number = len(funnels.steps) as is_last,
    attempts.reached_at,
    attempts.deepest_step,
    funnels.breakdown_of,
    coalesce(attempts.breakdown, '(none)') as breakdown,
    attempts.open_until
from funnels.attempts as attempts
join config.funnels as funnels on funnels.funnel = attempts.funnel
qualify rank() over (
    partition by attempts.funnel, attempts.person_id, attempts.entered_date
    order by attempts.deepest_step desc, attempts.entered_at desc, attempts.entry_event_id desc, attempts.entry_event_number
) = 1
