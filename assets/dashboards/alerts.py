"""What monitors say: what fires, what was told, how long it took."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from assets.dashboards.parts import board
from pipelines.grafana.fields import (
    AMBER,
    COUNT,
    GREEN,
    GREY,
    MOMENT,
    RED,
    SECONDS,
    TEXT,
    coloured,
    link,
    told,
    unit_of,
    width,
)
from pipelines.grafana.panels import Panels
from pipelines.grafana.place import Place

STATES = {"firing": RED, "error": RED, "no_data": AMBER, "pending": AMBER, "resolved": GREEN, "normal": GREY}
TELLING = "('firing', 'no_data', 'error')"
IN_DAGSTER = link("The monitor in Dagster", "${dagster}/assets/monitors/${__value.raw:percentencode}")


def dashboard(place: Place) -> Dashboard:
    about = "What the monitors of config/monitors.yaml see: what fires, what was told of it, and how long it took."
    made = board(place, "alerts", "Alerts", about)
    for panel in [*_now(place), *_days(place), *_log(place)]:
        made = made.with_panel(panel)
    return made


def _now(place: Place) -> list:
    p = Panels(place)
    latest = """
            with latest as (
                select monitor, labels, state, value, threshold, reason, changed_at,
                    row_number() over (partition by monitor, labels order by transition desc) as place
                from alerts.transitions
            )"""
    return [
        p.number(
            "Firing",
            "Instances that fire, lack data or fail as of the last look; the range does not matter.",
            f"""{latest}
            select count(*) as "Firing" from latest where place = 1 and state in {TELLING}""",
            size=(4, 8),
        ),
        p.or_else("nothing fires").table(
            "What is firing",
            "Instances that fire, lack data or fail, or will if it lasts, as of the last look; the range does not matter.",
            f"""{latest}
            select monitor as "Monitor", state as "State", labels as "Of", value as "Value", threshold as "Held against",
                reason as "Why", changed_at as "Since"
            from latest
            where place = 1 and state in ('firing', 'no_data', 'error', 'pending')
            order by changed_at desc, monitor, labels
            limit 200""",
            {"Monitor": IN_DAGSTER, "State": told(STATES), "Of": unit_of(TEXT), "Since": unit_of(MOMENT)},
            size=(20, 8),
        ),
    ]


def _days(place: Place) -> list:
    p = Panels(place)
    date, within = place.starts("local_date"), place.within("local_date")
    return [
        p.named(
            "Told by date",
            "Instances of each monitor that began to fire, to lack data or to fail on each date.",
            f"""
            select {date} as time, monitor, told_count as "Told" from metrics.alerts
            where {within} order by time, monitor""",
        ),
        p.named(
            "Firing at once",
            "How many instances of each monitor fired at each moment at which one began or was over.",
            f"""
            with steps as (
                select changed_at, monitor, transition,
                    case when is_told and previous_state not in {TELLING} then 1
                        when not is_told and previous_state in {TELLING} then -1 else 0 end as step
                from alerts.transitions
            ),
            counted as (
                select changed_at, monitor, transition,
                    cast(sum(step) over (partition by monitor order by transition) as bigint) as firing_count,
                    row_number() over (partition by monitor, changed_at order by transition desc) as place
                from steps
            )
            select changed_at as time, monitor, firing_count as "Firing" from counted
            where place = 1 and $__timeFilter(changed_at)
            order by time, monitor""",
        ),
        p.table(
            "By monitor",
            "How often each monitor told of something in the range, how often it was over, and the median of the dates' medians.",
            f"""
            select monitor as "Monitor", cast(sum(told_count) as bigint) as "Told", cast(sum(over_count) as bigint) as "Over",
                percentile_cont(0.5) within group (order by median_told_seconds) as "Median time"
            from metrics.alerts
            where {within}
            group by monitor order by 2 desc, 1""",
            {"Monitor": IN_DAGSTER, "Told": [*unit_of(COUNT), *coloured("gauge")], "Median time": unit_of(SECONDS)},
            size=(12, 9),
        ),
    ]


def _log(place: Place) -> list:
    return [
        Panels(place).table(
            "What changed",
            "The latest 300 changes of state in the range.",
            """
            select changed_at as "At", monitor as "Monitor", labels as "Of", previous_state as "From", state as "To",
                value as "Value", threshold as "Held against", told_seconds as "Was told for", reason as "Why"
            from alerts.transitions
            where $__timeFilter(changed_at)
            order by transition desc
            limit 300""",
            {
                "At": unit_of(MOMENT),
                "Monitor": IN_DAGSTER,
                "Of": [*unit_of(TEXT), *width(260)],
                "From": told(STATES),
                "To": told(STATES),
            }
            | {"Was told for": unit_of(SECONDS)},
            size=(12, 9),
        )
    ]
