-- One row per rule of config/exclude.yaml, with what it took out so far; a rule that takes out nothing has zeros.
--
-- An event counts under one rule: that of its person, else that of its user agent.
--
-- grain: rule
-- public: yes
-- warn: every rule excludes something | event_count > 0
-- column: rule | as it is written
-- column: kind | id, email_domain, user_agent
-- column: event_count | events that count nowhere because of it
-- column: person_count | distinct persons among them
-- column: first_date | local date of the first of these events
-- column: last_date | local date of the last of these events
select
    rules.rule,
    rules.kind,
    count(excluded.event_number) as event_count,
    count(distinct excluded.person_id) as person_count,
    min(excluded.local_date) as first_date,
    max(excluded.local_date) as last_date
from config.exclude as rules
left join people.excluded_events as excluded on excluded.rule = rules.rule
group by rules.rule, rules.kind
