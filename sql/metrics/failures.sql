-- One row per action that failed: an error event, or a span whose failure came.
--
-- grain: person_id, action, event_number
-- view: yes
-- public: yes
-- column: event_number | event that made it: of a span the start, or the end that has no start
-- column: error | error code; null: the span failed without one
-- column: failed_at | when it failed: of a span its end, UTC
-- column: failed_date | date of failed_at in the report zone
-- column: started_at | start of a span, UTC; null: it has none, or is no span
-- column: duration_us | how long the span ran until it failed, microseconds; null: it has no start, or is no span
-- column: key | what tells spans of the rule apart
select
    actions.person_id,
    actions.action,
    actions.event_number,
    actions.source,
    actions.error,
    coalesce(actions.ended_at, actions.occurred_at) as failed_at,
    cast(timezone(house.report_timezone, coalesce(actions.ended_at, actions.occurred_at)) as date) as failed_date,
    actions.started_at,
    actions.duration_us,
    actions.key
from journeys.actions as actions
cross join config.house as house
where actions.outcome = 'failed' or (actions.outcome is null and actions.error is not null)
