"""What Grafana itself tells of the house: that its numbers stand still, that what watches over them does not work.

What happens in the business is told by the monitors of config/monitors.yaml, once and with its details; these rules are for the
case that nobody is there to tell.
"""

from pipelines.grafana.alerting import AlertRule

RULES = [
    AlertRule(
        "rule-stale",
        "The published numbers stand still",
        "Nothing was received for six hours, or no refresh published it: see the runs in Dagster.",
        """
        select cast(extract(epoch from cast($__timeTo() as timestamp) - max(as_of)) as double precision) as seconds
        from metrics.freshness having count(*) > 0""",
        21_600,
        ("overview", "As of"),
        "critical",
    ),
    AlertRule(
        "rule-monitor-error",
        "A monitor cannot look",
        "The query of a monitor fails, so it tells of nothing: the reason is in the table of the dashboard.",
        """
        with latest as (
            select monitor, state, row_number() over (partition by monitor, labels order by transition desc) as place
            from alerts.transitions
        )
        select monitor, count(*) as error_count from latest
        where place = 1 and state = 'error'
        group by monitor order by monitor""",
        0,
        ("alerts", "What is firing"),
    ),
    AlertRule(
        "rule-refused",
        "More than one record in twenty is refused",
        "Of what batches read since yesterday: the dashboard has the reasons, `trailhouse quarantine list` the records.",
        """
        select source, cast(sum(refused_count + conflict_count) as double precision) / sum(record_count) as refused_ratio
        from metrics.batches
        where source <> 'all' and last_batch_at >= $__timeFrom()
        group by source having sum(record_count) >= 100
        order by source""",
        0.05,
        ("pipeline", "Quarantine by reason"),
    ),
    AlertRule(
        "rule-run-failed",
        "A job fails",
        "The last run of a job that was asked for since yesterday failed, or was lost: the dashboard leads to it in Dagster.",
        """
        with latest as (
            select job, status, row_number() over (partition by job order by created_at desc, run_id) as place
            from metrics.pipeline_runs
            where $__timeFilter(created_at) and not is_under_way
        )
        select job, case when status in ('failure', 'lost') then cast(1 as bigint) else cast(0 as bigint) end as failed
        from latest where place = 1
        order by job""",
        0,
        ("pipeline", "Runs"),
    ),
]
