-- One row per person, source and event name: how often, and between when.
--
-- grain: person_id, source, event_name
-- by: person_id
-- column: event_count | events of the name
-- column: first_seen_at | earliest of them, UTC
-- column: last_seen_at | latest of them, UTC
select person_id, source, event_name, count(*) as event_count,
    min(occurred_at) as first_seen_at, max(occurred_at) as last_seen_at
from journeys.events
where person_id is not null
group by person_id, source, event_name
