-- One row per monitor and local date on which something of it was told or was over: how often, and how long it took.
--
-- grain: monitor, local_date
-- date: local_date
-- view: yes
-- public: yes
-- column: local_date | date in the report zone
-- column: told_count | instances that began to fire, to lack data or to fail
-- column: over_count | instances that were resolved
-- column: median_told_seconds | median time from told to resolved of those that were resolved on the date, seconds; null: none
select
    monitor,
    changed_date as local_date,
    count(*) filter (where is_told) as told_count,
    count(*) filter (where state = 'resolved') as over_count,
    median(told_seconds) as median_told_seconds
from alerts.transitions
where is_told or state = 'resolved'
group by monitor, changed_date
