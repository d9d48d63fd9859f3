-- One row per event that counts, with the person it belongs to.
--
-- What config/exclude.yaml excludes (staff, tests, bots) is in people.excluded_events instead. An event without a usable id
-- has a null person: it counts as an event, never as anybody's.
--
-- grain: event_number
-- view: yes
select
    events.event_number,
    events.person_id,
    events.source,
    events.event_id,
    events.event_name,
    events.occurred_at,
    events.local_date,
    events.path,
    events.referrer,
    events.utm_source,
    events.utm_medium,
    events.utm_campaign,
    events.device_class,
    events.other_ids,
    events.properties
from people.events as events
anti join people.excluded_events as excluded on excluded.event_number = events.event_number
