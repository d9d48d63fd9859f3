-- One row per event that says a person's e-mail, and id that it may belong to by.
--
-- What exclusion needs to know of traits before anybody is excluded: the domain, and the ids in the order in which they
-- decide whose event it is. A user id decides alone, without one the anonymous id, without that the other ids in turn.
--
-- grain: event_number, id_order
-- by: batch
-- column: id_order | the first id that leads to somebody decides, from 1
-- column: email_domain | lower case, behind the last @; null: the trait is there and no text with an @
with said as (
    select raw_events.*, raw_events.properties ->> '$.email' as email
    from raw.events as raw_events
    cross join config.identity as identity
    where list_contains(identity.trait_events, raw_events.event_name)
        and json_type(raw_events.properties, '$.email') is not null
),
carried as (
    select event_number, 1 as id_order, 'user' as id_kind, user_id as id_value from said where user_id is not null
    union all
    select event_number, 1, 'anonymous', anonymous_id from said where user_id is null and anonymous_id is not null
    union all
    select event_number, id_order, other.kind, other.value
    from (
        select event_number, unnest(other_ids) as other, generate_subscripts(other_ids, 1) as id_order
        from said where user_id is null and anonymous_id is null and other_ids is not null
    )
)
select
    said.event_number,
    cast(carried.id_order as bigint) as id_order,
    said.namespace,
    carried.id_kind,
    carried.id_value,
    case when said.email like '%@%' then lower(split_part(said.email, '@', -1)) end as email_domain,
    said.occurred_at,
    said.event_id,
    said.source
from said
join carried on carried.event_number = said.event_number
