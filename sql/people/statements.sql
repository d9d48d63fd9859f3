-- One row per explicit statement that two user ids are, or are not, one person.
--
-- Per pair the last statement by (occurred_at, event_id, source) decides; merely occurring together says nothing.
--
-- grain: event_number
-- by: batch
-- public: yes
-- personal: user_a, user_b
-- column: user_a | the smaller of the two user ids
-- column: user_b | the larger of the two user ids
-- column: is_merge | true: one person; false: two persons
select
    event_number,
    namespace,
    least(user_id, other_user_id) as user_a,
    greatest(user_id, other_user_id) as user_b,
    list_contains(identity.merge_events, event_name) as is_merge,
    occurred_at,
    source,
    event_id
from raw.events
cross join config.identity as identity
where user_id <> other_user_id
    and (list_contains(identity.merge_events, event_name) or list_contains(identity.unmerge_events, event_name))
