-- One row per source and local date from its first to its last date with an event; 'all' spans all sources.
--
-- Inside the span a day without events is a zero; outside there is no row, because no data is not zero.
--
-- grain: local_date, source
-- date: local_date
-- column: local_date | date in the report zone
-- column: source | name of the source, or all
with spans as (
    select source, min(local_date) as first_date, max(local_date) as last_date from raw.event_names group by source
    union all
    select 'all', min(local_date), max(local_date) from raw.event_names having count(*) > 0
)
select cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date) as local_date, source
from spans
