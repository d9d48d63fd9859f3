-- One row per action of a person: what they did, in the words of config/actions.yaml.
--
-- Those that rules find in the events, and the completions of funnels that are declared as actions (from_funnel).
--
-- grain: person_id, action, event_number
-- moment: occurred_at
-- view: yes
-- date: local_date
-- public: yes
-- personal: properties
with completed as (
    select completions.*, declared.action, declared.version as action_version
    from funnels.completions as completions
    join config.actions as declared on declared.kind = 'from_funnel' and declared.funnel = completions.funnel
)
select
    person_id, action, action_version, source, event_number, event_id, occurred_at, local_date, started_at, ended_at, outcome,
    duration_us, times_out_at, last_heartbeat_at, repeat_count, end_event_number, end_event_id, key, error, properties, closes_at
from journeys.rule_actions
union all
select
    person_id, action, action_version, source, event_number, event_id, occurred_at, local_date, null, null, null,
    null, null, null, 0, null, null, null, null, null, closes_at
from completed
