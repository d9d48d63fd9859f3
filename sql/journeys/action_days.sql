-- One row per person, action and local date on which they did it.
--
-- What everything that counts days of actions reads instead of the actions.
--
-- grain: person_id, action, local_date
-- by: person_id
-- since: first_at until ends_at
-- date: local_date
-- check: the last of a date does not come before the first | last_at >= first_at
-- column: local_date | date in the report zone
-- column: first_at | the action's first time on the date, UTC
-- column: last_at | its last time on the date, UTC
-- column: ends_at | the date is over everywhere by then, whatever the zone, UTC
-- column: action_count | how often on the date, without repeats
select
    person_id,
    action,
    local_date,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at,
    timezone('UTC', cast(local_date as timestamp) + interval 36 hour) as ends_at,
    count(*) as action_count
from journeys.actions
group by person_id, action, local_date
