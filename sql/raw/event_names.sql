-- One row per source, event name and local date: how many events were accepted, and between when.
--
-- What calendar, freshness and dictionary are made of, so that none of them reads history again. Whoever's the events are:
-- excluded ones are in it.
--
-- grain: source, event_name, local_date
-- by: batch
-- fold: sum(event_count), min(first_seen_at), max(last_seen_at), max(last_received_at)
-- column: local_date | date in the report zone
-- column: event_count | events of the name that happened on the date
-- column: first_seen_at | earliest of them, UTC
-- column: last_seen_at | latest of them, UTC
-- column: last_received_at | latest moment one of them was received, UTC
select
    events.source,
    events.event_name,
    cast(timezone(house.report_timezone, events.occurred_at) as date) as local_date,
    cast(count(*) as bigint) as event_count,
    min(events.occurred_at) as first_seen_at,
    max(events.occurred_at) as last_seen_at,
    max(events.received_at) as last_received_at
from raw.events as events
cross join config.house as house
group by all
