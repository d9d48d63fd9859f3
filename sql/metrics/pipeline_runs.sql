-- One row per Dagster run: which job, when, how long, and how it ended; one that is under way now has no end yet.
--
-- Dagster says so, every minute and before each publish; the ledger keeps it for longer than Dagster does. What ticks do without
-- a run is in metrics.batches and alerts.transitions.
--
-- grain: run_id
-- view: yes
-- public: yes
-- date: local_date
-- column: run_id | its id in Dagster
-- column: job | name of the job; __ASSET_JOB: assets that somebody chose
-- column: status | waiting, running, success, failure, canceled, or lost: Dagster has no word of it any more
-- column: is_under_way | it waits or runs
-- column: launched_by | 'schedule <name>', 'sensor <name>' or 'hand'
-- column: created_at | when it was asked for, UTC
-- column: started_at | when its process began to work, UTC; null: it did not
-- column: ended_at | UTC; null: it is under way
-- column: local_date | date on which it was asked for, in the report zone
-- column: wait_seconds | from being asked for to its start; null: it did not start
-- column: run_seconds | from its start to its end; null: one of them is not there
-- column: step_count | steps that are done, failed ones among them
-- column: failed_step_count | steps that failed
select
    runs.run_id,
    runs.job,
    runs.status,
    runs.status in ('waiting', 'running') as is_under_way,
    runs.launched_by,
    make_timestamptz(runs.created_at) as created_at,
    make_timestamptz(runs.started_at) as started_at,
    make_timestamptz(runs.ended_at) as ended_at,
    cast(timezone(house.report_timezone, make_timestamptz(runs.created_at)) as date) as local_date,
    case when runs.started_at is not null then greatest(runs.started_at - runs.created_at, 0) / 1000000 end as wait_seconds,
    case when runs.started_at is not null and runs.ended_at is not null
        then greatest(runs.ended_at - runs.started_at, 0) / 1000000 end as run_seconds,
    runs.step_count,
    runs.failed_step_count
from ledger.pipeline_runs as runs
cross join config.house as house
