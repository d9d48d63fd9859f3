-- One row per funnel and event with which a person completed it.
--
-- What config/actions.yaml makes actions of (from_funnel). Where several attempts end with one event, the latest entry counts.
--
-- grain: person_id, funnel, event_number
-- by: person_id
-- moment: occurred_at
-- column: occurred_at | when the last step was reached, UTC
-- column: local_date | date of occurred_at in the report zone
-- column: closes_at | until then a later event can change the row, UTC
select
    attempts.person_id,
    attempts.funnel,
    attempts.funnel_version,
    attempts.source,
    attempts.event_number,
    attempts.event_id,
    attempts.reached_at as occurred_at,
    cast(timezone(house.report_timezone, attempts.reached_at) as date) as local_date,
    attempts.entered_at,
    max(attempts.closes_at) over (partition by attempts.person_id, attempts.funnel, attempts.event_number) as closes_at
from funnels.attempts as attempts
join config.funnels as funnels on funnels.funnel = attempts.funnel and len(funnels.steps) = attempts.step_number
cross join config.house as house
qualify row_number() over (
    partition by attempts.person_id, attempts.funnel, attempts.event_number
    order by attempts.entered_at desc, attempts.entry_event_id desc, attempts.entry_event_number
) = 1
