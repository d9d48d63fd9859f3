-- One row per action of a person: what they did, in the words of config/actions.yaml.
--
-- Those that rules find in the events, and the completions of funnels that are declared as actions.
--
-- grain: person_id, action, event_number
-- view: yes
-- date: local_date
-- public: yes
select
    rules.person_id,
    rules.action,
    rules.action_version,
    rules.source,
    rules.event_number,
    rules.event_id,
    rules.occurred_at,
    rules.local_date,
    rules.started_at,
    rules.ended_at,
    rules.outcome,
    rules.duration_us,
    rules.times_out_at,
    rules.repeat_count,
    rules.end_event_number,
    rules.end_event_id,
    rules.key,
    rules.error,
    rules.properties,
    rules.closes_at
from journeys.rule_actions as rules
