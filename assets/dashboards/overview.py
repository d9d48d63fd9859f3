"""The numbers of the last date against before, how fresh they are, and what is firing."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from assets.dashboards.parts import STAGE_ORDER, board, to_board
from pipelines.grafana.fields import AGO, AMBER, COUNT, MOMENT, RATIO, RED, SECONDS, change, told, unit_of
from pipelines.grafana.panels import Panels
from pipelines.grafana.place import Place


def dashboard(place: Place) -> Dashboard:
    made = board(place, "overview", "Overview", "What happened, against before; how fresh it is; what is firing.")
    for panel in [*_numbers(place), *_days(place), *_now(place)]:
        made = made.with_panel(panel)
    return made


def _numbers(place: Place) -> list:
    p = Panels(place)
    date, within = place.starts("local_date"), place.within("local_date")
    return [
        p.number(
            "Page views",
            "Pages that persons came to on the last date of the range; loading one again is no view.",
            f"""
            select {date} as time, view_count as "Page views" from metrics.pages
            where path = 'all' and {within} order by time""",
        ),
        p.number(
            "Sessions",
            "Sessions that started on the last date of the range, over all sources.",
            f"""
            select {date} as time, session_count as "Sessions" from metrics.daily
            where source = 'all' and {within} order by time""",
        ),
        p.number(
            "New persons",
            "Persons first seen on the last date of the range.",
            f"""
            select {date} as time, new_person_count as "New persons" from metrics.daily
            where source = 'all' and {within} order by time""",
        ),
        p.number(
            "Signed up",
            "Persons who signed up on the last date of the range on which anybody changed their stage.",
            f"""
            select {date} as time, entry_count as "Signed up" from metrics.stages
            where stage = 'signed_up' and {within}
                and local_date <= (select max(local_date) from metrics.stages where entry_count > 0)
            order by time""",
        ),
        p.number(
            "Deployments that went well",
            "Of the deployments started on the last date of the range, those that ended well among all that ended.",
            f"""
            select {date} as time, success_ratio as "Went well" from metrics.deployments
            where action = 'deployment' and {within} order by time""",
            RATIO,
        ),
        p.number(
            "As of",
            "Up to when anything was received: what 'now' means to all numbers here.",
            """
            select cast(extract(epoch from max(as_of)) * 1000 as double precision) as "As of"
            from metrics.freshness having count(*) > 0""",
            AGO,
        ),
    ]


def _days(place: Place) -> list:
    p = Panels(place)
    return [
        p.table(
            "The last date against before",
            "Of the last date of the range with events; it is not over yet where it is today's. The change is to the day before.",
            f"""
            with days as (
                select local_date, event_count, person_count, new_person_count, session_count,
                    row_number() over (order by local_date desc) as back
                from metrics.daily
                where source = 'all' and local_date between {place.to_date} - 30 and {place.to_date}
            ),
            numbers as (
                select place, name, back,
                    case place when 1 then event_count when 2 then person_count when 3 then new_person_count
                        else session_count end as value
                from days
                cross join (
                    values (1, 'Events'), (2, 'Persons'), (3, 'New persons'), (4, 'Sessions')
                ) as names(place, name)
            ),
            compared as (
                select place, name, max(case when back = 1 then value end) as value,
                    max(case when back = 2 then value end) as day_before,
                    max(case when back = 8 then value end) as week_before,
                    cast(avg(case when back between 2 and 29 then value end) as double precision) as mean
                from numbers
                group by place, name
            )
            select name as "Number", value as "Last date", day_before as "Day before", week_before as "Week before",
                mean as "Mean of 28 days",
                cast(value as double precision) / nullif(day_before, 0) - 1 as "Change"
            from compared
            order by place""",
            {"Change": change()},
            size=(12, 7),
        ),
        p.series(
            "Persons by day",
            "Distinct persons with an event on each date, and those of them who were first seen on it.",
            f"""
            select {place.starts("local_date")} as time, person_count as "Persons", new_person_count as "New persons"
            from metrics.daily where source = 'all' and {place.within("local_date")} order by time""",
            size=(12, 7),
        ),
        p.named(
            "Events by source",
            "Accepted events of each date by source; those that are nobody's count too.",
            f"""
            select {place.starts("local_date")} as time, source, event_count as "Events"
            from metrics.daily where source <> 'all' and {place.within("local_date")} order by time, source""",
        ),
        p.gauge(
            "Where persons stand",
            "Persons by the stage they are in as of the last batch; the range does not matter.",
            f"""
            select stage as "Stage", count(*) as "Persons" from stages.current
            group by stage order by {STAGE_ORDER}""",
            columns={"Persons": to_board("stages", "Stages and retention")},
        ),
    ]


def _now(place: Place) -> list:
    p = Panels(place)
    return [
        p.or_else("nothing fires").table(
            "What is firing",
            "Instances of monitors that fire, lack data or fail as of the last look; the range does not matter.",
            """
            with latest as (
                select monitor, labels, state, value, changed_at,
                    row_number() over (partition by monitor, labels order by transition desc) as place
                from alerts.transitions
            )
            select monitor as "Monitor", state as "State", labels as "Of", value as "Value", changed_at as "Since"
            from latest
            where place = 1 and state in ('firing', 'no_data', 'error')
            order by changed_at desc, monitor, labels
            limit 100""",
            {"State": told({"firing": RED, "error": RED, "no_data": AMBER}), "Since": unit_of(MOMENT)}
            | {"Monitor": to_board("alerts", "Alerts")},
            size=(12, 8),
        ),
        p.table(
            "How fresh each source is",
            "When each source was last heard of, how long before the last batch that was, and what of it is nobody's or refused.",
            """
            select source as "Source", last_received_at as "Last received", lag_seconds as "Behind",
                without_person_ratio as "Nobody's", quarantined_count as "Refused"
            from metrics.freshness order by source""",
            {
                "Last received": unit_of(MOMENT),
                "Behind": unit_of(SECONDS),
                "Nobody's": unit_of(RATIO),
                "Refused": unit_of(COUNT),
                "Source": to_board("pipeline", "Pipeline", "var-source=${__value.raw:percentencode}&"),
            },
            size=(12, 8),
        ),
    ]
