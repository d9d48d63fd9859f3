-- One row per accepted event, as its source sent it.
--
-- A view over the lake's immutable segments: nothing here is ever edited.
--
-- grain: event_number
-- view: yes
-- column: event_number | place in the log: batch << 32 | record in the batch; grows with every batch
-- column: batch | ledger batch that brought the event
-- column: source | name of the source in config/sources.yaml
-- column: namespace | ids mean the same across the sources of one namespace
-- column: event_id | unique within its source; made from the file's content where the source sends none
-- column: event_name | what happened, as the source calls it
-- column: occurred_at | when it happened, UTC, corrected by the collector's clock where there is one
-- column: sent_at | when the client sent it, by the client's clock, UTC
-- column: received_at | when the collector got it, UTC; for a source without one, the batch's time
-- column: raw_timestamp | the time as the source wrote it
-- column: user_id | id of a user who is known by name to the product
-- column: anonymous_id | id of a device or browser before anyone signed in
-- column: other_user_id | second user id of an explicit statement (alias, identify, unalias)
-- column: other_ids | ids of other kinds, such as a deployment, that lead to the person who used them
-- column: properties | what the source says about the event, JSON text
-- column: context | page, campaign, device and what no mapping named, JSON text
-- column: note | what was mended or ignored when the record was judged
-- warn: an event has a name that a person can read | length(event_name) <= 200
select
    events.event_number,
    events.event_number >> 32 as batch,
    events.source,
    sources.namespace,
    events.event_id,
    events.event_name,
    events.occurred_at,
    events.sent_at,
    events.received_at,
    events.raw_timestamp,
    events.user_id,
    events.anonymous_id,
    events.other_user_id,
    events.other_ids,
    events.properties,
    events.context,
    events.note
from lake.events as events
join config.sources as sources on sources.source = events.source
