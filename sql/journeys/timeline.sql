-- One row per entry of a person's timeline: what they did, when they came, and which stage they entered.
--
-- A stage that silence will bring is here too, at the moment on which it will be entered: what is so now has
-- occurred_at <= as_of. A later action moves it.
--
-- grain: person_id, occurred_at, kind, place, what
-- moment: occurred_at
-- view: yes
-- date: local_date
-- public: yes
-- personal: properties
-- column: occurred_at | when it happens, UTC: of a span its start, or its end where it has no start
-- column: local_time | the same on the clocks of the report zone; an hour that is set back comes twice
-- column: local_date | its date in the report zone
-- column: kind | action, session or stage
-- column: what | name of the action or stage; of a session, where it started
-- column: place | in this order stand entries of a kind and moment: event_number of actions, period_number of stages, else 0
-- column: source | where it was seen; null: a stage
-- column: duration_us | how long the span or session took, microseconds; null: it has no end, or is a moment
-- column: outcome | of a span: open, ok or failed
-- column: error | error code
-- column: properties | what is kept of the action; of a session its first and last page, JSON object
-- column: event_number | event that made it, of an action; null: a session, a stage
select
    actions.person_id,
    actions.occurred_at,
    timezone(house.report_timezone, actions.occurred_at) as local_time,
    actions.local_date,
    'action' as kind,
    actions.action as what,
    actions.event_number as place,
    actions.source,
    actions.duration_us,
    actions.outcome,
    actions.error,
    actions.properties,
    actions.event_number
from journeys.actions as actions
cross join config.house as house
union all
select
    sessions.person_id,
    sessions.started_at,
    timezone(house.report_timezone, sessions.started_at),
    sessions.started_date,
    'session',
    'session started at ' || sessions.source,
    0,
    sessions.source,
    sessions.duration_us,
    null,
    null,
    cast(json_object('entry_path', sessions.entry_path, 'exit_path', sessions.exit_path) as varchar),
    null
from journeys.sessions as sessions
cross join config.house as house
union all
select
    periods.person_id,
    periods.entered_at,
    timezone(house.report_timezone, periods.entered_at),
    periods.entered_date,
    'stage',
    periods.stage,
    periods.period_number,
    null,
    null,
    null,
    null,
    null,
    null
from stages.periods as periods
cross join config.house as house
