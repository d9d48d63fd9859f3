-- One row per person and source they were seen at: since when, until when, how often.
--
-- grain: person_id, source
-- by: person_id
-- date: first_seen_date
-- column: first_seen_at | earliest event there, UTC
-- column: last_seen_at | latest event there, UTC
-- column: first_seen_date | local date of first_seen_at in the report zone
-- column: event_count | events there
-- column: day_count | local dates with an event there
select
    person_id,
    source,
    min(first_at) as first_seen_at,
    max(last_at) as last_seen_at,
    arg_min(local_date, first_at) as first_seen_date,
    cast(sum(event_count) as bigint) as event_count,
    count(*) as day_count
from people.days
group by person_id, source
