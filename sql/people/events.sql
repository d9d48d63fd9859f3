-- One row per event, with the person it belongs to; those that are excluded too.
--
-- journeys.events leaves out what config/exclude.yaml excludes. All stand here, so that a person who is excluded no more
-- (another e-mail, an unmerge) has all of their events back without reading the lake again.
--
-- The person of the event's user id; without one, of its anonymous id; without that, of the first other id that leads to
-- somebody. An event without a usable id has a null person: it counts as an event, never as anybody's.
--
-- grain: event_number
-- by: person_id
-- since: occurred_at until occurred_at
-- date: local_date
-- column: local_date | date in the report zone
-- column: path | page of the event, where it has one
-- column: referrer | address the page was reached from
-- column: utm_source | campaign source
-- column: utm_medium | campaign medium
-- column: utm_campaign | campaign name
-- column: device_class | desktop, mobile, tablet …, as the source says
-- column: user_agent | the browser or program that sent the event, as it names itself
with others as (
    select event_number, arg_min(person_id, id_order) as person_id
    from (
        select numbered.event_number, numbered.id_order, identities.person_id
        from (
            select event_number, namespace, unnest(other_ids) as other, generate_subscripts(other_ids, 1) as id_order
            from raw.events
            where other_ids is not null and user_id is null and anonymous_id is null
        ) as numbered
        join people.identities as identities
            on identities.namespace = numbered.namespace
            and identities.id_kind = numbered.other.kind
            and identities.id_value = numbered.other.value
        where identities.person_id is not null
    )
    group by event_number
),
read_once as ( -- all of them from one reading of the text
    select *, json_extract_string(context, [
        '$.page.path', '$.page.referrer', '$.campaign.source', '$.campaign.medium', '$.campaign.name', '$.device.type',
        '$.user_agent', '$.userAgent'
    ]) as said
    from raw.events
)
select
    events.event_number,
    coalesce(owners.person_id, others.person_id) as person_id,
    events.source,
    events.event_id,
    events.event_name,
    events.occurred_at,
    cast(timezone(house.report_timezone, events.occurred_at) as date) as local_date,
    events.said[1] as path,
    events.said[2] as referrer,
    events.said[3] as utm_source,
    events.said[4] as utm_medium,
    events.said[5] as utm_campaign,
    events.said[6] as device_class,
    coalesce(events.said[7], events.said[8]) as user_agent,
    events.other_ids,
    events.properties
from read_once as events
cross join config.house as house
left join people.identities as owners
    on owners.namespace = events.namespace
    and owners.id_kind = case when events.user_id is not null then 'user' else 'anonymous' end
    and owners.id_value = coalesce(events.user_id, events.anonymous_id)
left join others on others.event_number = events.event_number
