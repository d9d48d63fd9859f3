-- One row per rule of config/exclude.yaml and local date on which it took out an event.
--
-- grain: rule, local_date
-- public: yes
-- column: rule | as it is written
-- column: event_count | events of the date that count nowhere because of it
-- column: person_count | distinct persons among them
select rule, local_date, count(*) as event_count, count(distinct person_id) as person_count
from people.excluded_events
group by rule, local_date
