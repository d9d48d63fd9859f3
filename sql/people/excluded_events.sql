-- One row per event that counts nowhere, and the rule of config/exclude.yaml that says so.
--
-- All events of an excluded person; of the others those whose user agent matches a pattern.
--
-- grain: event_number
-- by: person_id
-- since: occurred_at until occurred_at
-- date: local_date
-- column: rule | as it is written in config/exclude.yaml
-- column: kind | id, email_domain, user_agent
with agents as (
    select distinct user_agent from people.events where user_agent is not null
),
excluded_agents as (
    select agents.user_agent, min(rules.rule) as rule
    from agents
    join config.exclude as rules on rules.kind = 'user_agent' and regexp_matches(agents.user_agent, rules.value)
    group by agents.user_agent
)
select
    events.event_number,
    events.person_id,
    events.source,
    events.occurred_at,
    events.local_date,
    coalesce(persons.rule, agents.rule) as rule,
    coalesce(persons.kind, 'user_agent') as kind
from people.events as events
left join people.excluded as persons on persons.person_id = events.person_id
left join excluded_agents as agents on agents.user_agent = events.user_agent
where persons.person_id is not null or agents.user_agent is not null
