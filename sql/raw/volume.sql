-- One row per source and local date: events accepted, whoever's they are.
--
-- grain: source, local_date
-- by: batch
-- fold: sum(event_count), max(last_occurred_at), max(last_received_at)
-- column: local_date | date in the report zone
-- column: event_count | events that happened on the date
-- column: last_occurred_at | latest moment anything happened, UTC
-- column: last_received_at | latest moment anything was received, UTC
select
    events.source,
    cast(timezone(house.report_timezone, events.occurred_at) as date) as local_date,
    cast(count(*) as bigint) as event_count,
    max(events.occurred_at) as last_occurred_at,
    max(events.received_at) as last_received_at
from raw.events as events
cross join config.house as house
group by all
