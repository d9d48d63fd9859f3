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
]
