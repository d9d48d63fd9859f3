-- One row per id and the id it came with (empty: it came alone): the earliest event that says so.
--
-- What identity needs to know of the events, kept small and added to by every batch; people.identities reduces it.
-- A user id stands alone; an anonymous id stands with the user of its event, any other id with the user, else with the
-- anonymous id. Where an event carries only other ids, each stands with those before it too: the event follows the first
-- of them that leads to somebody, so a change of one concerns the persons of all.
--
-- grain: namespace, id_kind, id_value, with_kind, with_value
-- by: batch
-- fold: min(first), max(batch)
-- column: batch | the last batch that said so
-- column: id_kind | user, anonymous, or a kind that the source declares
-- column: id_value | the id as text
-- column: with_kind | kind of the id it came with; empty: none
-- column: with_value | the id it came with; empty: none
-- column: first | the earliest event: occurred_at (UTC), source, event_id
with carried as (
    select batch, namespace, 'user' as id_kind, user_id as id_value, '' as with_kind, '' as with_value,
        occurred_at, source, event_id
    from raw.events where user_id is not null
    union all
    select batch, namespace, 'user', other_user_id, '', '', occurred_at, source, event_id
    from raw.events where other_user_id is not null
    union all
    select batch, namespace, 'anonymous', anonymous_id,
        case when user_id is null then '' else 'user' end, coalesce(user_id, ''), occurred_at, source, event_id
    from raw.events where anonymous_id is not null
    union all
    select batch, namespace, other.kind, other.value,
        case when user_id is not null then 'user' when anonymous_id is not null then 'anonymous' else '' end,
        coalesce(user_id, anonymous_id, ''), occurred_at, source, event_id
    from (
        select batch, namespace, user_id, anonymous_id, occurred_at, source, event_id, unnest(other_ids) as other
        from raw.events where other_ids is not null
    )
    union all
    select batch, namespace, other.kind, other.value, beside.kind, beside.value, occurred_at, source, event_id
    from (
        select batch, namespace, other, occurred_at, source, event_id, unnest(other_ids[:id_order - 1]) as beside
        from (
            select batch, namespace, other_ids, occurred_at, source, event_id,
                unnest(other_ids) as other, generate_subscripts(other_ids, 1) as id_order
            from raw.events where other_ids is not null and user_id is null and anonymous_id is null
        )
    )
)
select namespace, id_kind, id_value, with_kind, with_value,
    min({'occurred_at': occurred_at, 'source': source, 'event_id': event_id}) as first,
    max(batch) as batch
from carried
group by namespace, id_kind, id_value, with_kind, with_value
