-- One row per person, source and local date with an event of theirs.
--
-- What everything that counts active days reads instead of the events.
--
-- grain: person_id, source, local_date
-- by: person_id
-- since: first_at until ends_at
-- column: local_date | date in the report zone
-- column: first_at | earliest event of the date, UTC
-- column: last_at | latest event of the date, UTC
-- column: ends_at | the date is over everywhere by then, whatever the zone, UTC
-- column: event_count | events of the date
select
    person_id,
    source,
    local_date,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at,
    timezone('UTC', cast(local_date as timestamp) + interval 36 hour) as ends_at,
    count(*) as event_count
from journeys.events
where person_id is not null
group by person_id, source, local_date
