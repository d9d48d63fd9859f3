-- One row per person and source they were seen at, and one 'all' over all sources: when that was for the first time.
--
-- From the log, never from the import. A later event changes no row here, so what counts arrivals is not computed again.
--
-- grain: person_id, source
-- by: person_id
-- date: first_seen_date
-- column: source | name of the source, or all
-- column: first_seen_at | earliest event there, UTC
-- column: first_seen_date | local date of first_seen_at in the report zone
with seen as (
    select person_id, source, first_at, local_date from people.days
    union all
    select person_id, 'all', first_at, local_date from people.days
)
select
    person_id,
    source,
    min(first_at) as first_seen_at,
    arg_min(local_date, first_at) as first_seen_date
from seen
group by person_id, source
