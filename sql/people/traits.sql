-- One row per trait that an event states, of those who are excluded too: the e-mail decides who is.
--
-- grain: event_number, trait
-- by: person_id
-- since: occurred_at until occurred_at
-- column: trait | name of the trait
-- column: value | its value, JSON text
select
    events.event_number,
    entry.key as trait,
    events.person_id,
    events.occurred_at,
    events.event_id,
    events.source,
    cast(entry.value as varchar) as value
from people.events as events
cross join config.identity as identity,
json_each(events.properties) as entry
where list_contains(identity.trait_events, events.event_name) and events.person_id is not null
