-- One row per batch, source, event name and local date: how many events, and between when.
--
-- What metrics.event_names and metrics.properties reduce, so that neither reads history again. Excluded events are in it.
--
-- grain: batch, source, event_name, local_date
-- by: batch
-- column: event_count | events of the batch
-- column: first_seen_at | earliest of them, UTC
-- column: last_seen_at | latest of them, UTC
select
    events.batch,
    events.source,
    events.event_name,
    cast(timezone(house.report_timezone, events.occurred_at) as date) as local_date,
    count(*) as event_count,
    min(events.occurred_at) as first_seen_at,
    max(events.occurred_at) as last_seen_at
from raw.events as events
cross join config.house as house
group by all
