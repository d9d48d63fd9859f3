-- One row per funnel and event with which a person completed it.
--
-- What config/actions.yaml makes actions of (from_funnel). Where several attempts end with one event, the latest entry counts.
--
-- grain: person_id, funnel, event_number
-- by: person_id
-- moment: occurred_at
-- lookup: people.events
-- column: occurred_at | when the last step was reached, UTC
-- column: local_date | date of occurred_at in the report zone
-- column: closes_at | until then a later event can change the row, UTC
with completed as (
    select attempts.person_id, attempts.funnel, attempts.funnel_version, attempts.event_number, attempts.reached_at,
        attempts.entered_at,
        max(attempts.closes_at) over (partition by attempts.person_id, attempts.funnel, attempts.event_number) as closes_at
    from funnels.attempts as attempts
    join funnels.steps as steps
        on steps.funnel = attempts.funnel and steps.step_number = attempts.step_number and steps.is_last
    qualify row_number() over (
        partition by attempts.person_id, attempts.funnel, attempts.event_number
        order by attempts.entered_at desc, attempts.hold, attempts.entry_rank desc
    ) = 1
)
select
    completed.person_id,
    completed.funnel,
    completed.funnel_version,
    events.source,
    completed.event_number,
    events.event_id,
    completed.reached_at as occurred_at,
    cast(timezone(house.report_timezone, completed.reached_at) as date) as local_date,
    completed.entered_at,
    completed.closes_at
from completed
join people.events as events on events.event_number = completed.event_number
cross join config.house as house
