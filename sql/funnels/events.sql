-- One row per funnel and event that it looks at: which of its steps and exclusions the event matches.
--
-- A step over a span with an outcome happens at its end, any other at the beginning. An event that is two actions is one
-- event, and can serve one step. Where only the end of a span is a step, its start has a row without a bit, which nothing
-- counts, for it tells until when a later event can add that end. Rows lie by person and time, as attempts are followed.
--
-- grain: funnel, event_number
-- by: person_id
-- since: occurred_at until closes_at
-- column: funnel | name in config/funnels.yaml
-- column: bits | 1 << (step - 1) for each step it matches, then a bit per exclusion; 1 << 62: an action that stands between
-- column: hold | values of the properties that all steps of an attempt share: the text of one, a JSON list of more
-- column: breakdown | value of the property that the funnel is broken down by, where the event matches that step
-- column: occurred_at | when the step happens: the action, or the end of its span, UTC
-- column: local_date | date of occurred_at in the report zone
-- column: closes_at | until then a later event can change the row, or add one that begins here, UTC
with moments as (
    select person_id, action, cast(null as varchar) as outcome, event_number, occurred_at, local_date, properties,
        greatest(occurred_at, closes_at) as closes_at
    from journeys.rule_actions
    union all
    select actions.person_id, actions.action, actions.outcome, actions.end_event_number, actions.ended_at,
        cast(timezone(house.report_timezone, actions.ended_at) as date), actions.properties, actions.ended_at
    from journeys.rule_actions as actions
    cross join config.house as house
    where actions.ended_at is not null
),
wanted as (
    select funnel, hold, breakdown_step - 1 as breakdown_bit, breakdown_property, unnest(matches) as match from config.funnels
),
matched as (
    select wanted.funnel, moments.person_id, moments.event_number, moments.occurred_at, moments.local_date,
        moments.closes_at, cast(1 as bigint) << wanted.match.bit as bits,
        wanted.hold, list_transform(wanted.hold, name -> json_extract_string(moments.properties, name)) as held,
        case when wanted.match.bit = wanted.breakdown_bit
            then json_extract_string(moments.properties, wanted.breakdown_property) end as breakdown
    from moments
    join wanted
        on wanted.match.action = moments.action and wanted.match.outcome is not distinct from moments.outcome
    where len(list_filter(wanted.match.conditions, condition -> not coalesce(
        list_contains(condition."values", json_extract_string(moments.properties, condition.property)), false
    ))) = 0
    union all
    select funnels.funnel, moments.person_id, moments.event_number, moments.occurred_at, moments.local_date,
        moments.closes_at, cast(1 as bigint) << 62,
        funnels.hold, list_transform(funnels.hold, name -> json_extract_string(moments.properties, name)), null
    from moments
    join config.funnels as funnels
        on moments.outcome is null and not list_contains(funnels.others_besides, moments.action)
),
counting as (
    select *, case when len(hold) = 1 then held[1] when len(hold) > 1 then cast(to_json(held) as varchar) end as held_text
    from matched
    where len(list_filter(held, value -> value is null)) = 0
),
starts as (
    select distinct wanted.funnel, wanted.match.action as action from wanted where wanted.match.outcome is not null
),
looked_at as (
    select funnel, person_id, event_number, occurred_at, local_date, closes_at, bits, held_text as hold, breakdown
    from counting
    union all
    select starts.funnel, moments.person_id, moments.event_number, moments.occurred_at, moments.local_date,
        moments.closes_at, 0, null, null
    from moments
    join starts on starts.action = moments.action and moments.outcome is null
)
select
    funnel,
    person_id,
    event_number,
    occurred_at,
    local_date,
    bit_or(bits) as bits,
    min(hold) as hold,
    min(breakdown) as breakdown,
    max(closes_at) as closes_at
from looked_at
group by funnel, event_number, person_id, occurred_at, local_date
order by funnel, person_id, occurred_at
