-- One row per span action of config/actions.yaml (a deployment, say) and local date on which one started: how they went.
--
-- From an action's first to its last date a date without any is a zero; outside there is no row, because no data is not zero.
-- A span counts on the date of its start, an end that has no start on its own. Whether an open one is abandoned depends on
-- as_of, so nothing of the table can be kept: it is rebuilt whole. Spans of nobody are no actions, and count nowhere.
--
-- grain: action, local_date
-- date: local_date
-- public: yes
-- check: every start has come to one thing | started_count = ok_count + failed_count + abandoned_count + open_count
-- check: a ratio lies between 0 and 1 | success_ratio is null or success_ratio between 0 and 1
-- column: local_date | date in the report zone
-- column: started_count | spans that started on the date
-- column: ok_count | of them, those that ended well, however late that became known
-- column: failed_count | of them, those that failed
-- column: abandoned_count | of them, those whose timeout passed without an end, as of as_of
-- column: open_count | of them, those that can still end in time
-- column: ended_without_start_count | ends and failures of the date that no start in time belongs to; in no other count
-- column: success_ratio | ok_count of ok_count and failed_count, 0 to 1; null: neither
-- column: p50_seconds | median length of those that ended well, seconds; null: none
-- column: p95_seconds | 95 of 100 of those that ended well took no longer, seconds; null: none
-- column: expected_seconds | p95_seconds over the 14 local dates before, all their spans together, seconds; null: none
with spans as (
    select actions.action, actions.local_date, actions.outcome, actions.duration_us,
        actions.started_at is not null as has_start, actions.times_out_at <= position.as_of as is_over
    from journeys.actions as actions
    cross join (select max(as_of) as as_of from raw.batches) as position
    where actions.outcome is not null
),
calendar as (
    select action,
        cast(unnest(generate_series(min(local_date), max(local_date), interval 1 day)) as date) as local_date
    from spans
    group by action
),
counted as (
    select action, local_date,
        count(*) filter (where has_start) as started_count,
        count(*) filter (where has_start and outcome = 'ok') as ok_count,
        count(*) filter (where has_start and outcome = 'failed') as failed_count,
        count(*) filter (where outcome = 'open' and is_over) as abandoned_count,
        count(*) filter (where outcome = 'open' and not is_over) as open_count,
        count(*) filter (where not has_start) as ended_without_start_count,
        quantile_cont(duration_us, 0.5) filter (where outcome = 'ok') / 1000000 as p50_seconds,
        quantile_cont(duration_us, 0.95) filter (where outcome = 'ok') / 1000000 as p95_seconds
    from spans
    group by action, local_date
),
before as ( -- every span once for each of the 14 dates that look back on it
    select spans.action, spans.local_date + later.dates as local_date,
        quantile_cont(spans.duration_us, 0.95) / 1000000 as expected_seconds
    from spans
    cross join (select cast(unnest(generate_series(1, 14)) as integer) as dates) as later
    where spans.outcome = 'ok' and spans.has_start
    group by spans.action, spans.local_date + later.dates
)
select
    calendar.action,
    calendar.local_date,
    coalesce(counted.started_count, 0) as started_count,
    coalesce(counted.ok_count, 0) as ok_count,
    coalesce(counted.failed_count, 0) as failed_count,
    coalesce(counted.abandoned_count, 0) as abandoned_count,
    coalesce(counted.open_count, 0) as open_count,
    coalesce(counted.ended_without_start_count, 0) as ended_without_start_count,
    counted.ok_count / nullif(counted.ok_count + counted.failed_count, 0) as success_ratio,
    counted.p50_seconds,
    counted.p95_seconds,
    before.expected_seconds
from calendar
left join counted on counted.action = calendar.action and counted.local_date = calendar.local_date
left join before on before.action = calendar.action and before.local_date = calendar.local_date
