"""One funnel: how far persons come, how fast, over time, by segment, and who they are."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from assets.dashboards.parts import board, to_journey
from pipelines.grafana.boards import asked, offered
from pipelines.grafana.fields import MOMENT, RATIO, SECONDS, unit_of
from pipelines.grafana.panels import Panels
from pipelines.grafana.place import Place, chosen

NOBODY = "nobody of this segment entered the funnel in this range"

FUNNELS = "select funnel from metrics.funnel_steps group by funnel order by sum(person_count) desc, funnel"
SEGMENTS = f"""
select breakdown from metrics.funnel_steps where funnel = {chosen("funnel")}
group by breakdown order by min(case when breakdown_of = 'all' then 0 else 1 end), breakdown"""


def dashboard(place: Place) -> Dashboard:
    made = board(place, "funnel", "Funnel", "How far persons come who entered a funnel in the range, and how fast.")
    made = made.with_variable(asked(place, "funnel", "Funnel", "Name in config/funnels.yaml.", FUNNELS))
    made = made.with_variable(
        asked(place, "segment", "Segment", "A value of what the funnel is broken down by.", SEGMENTS.strip(), "all")
    )
    grains = offered("grain", "Grain", "What one point of the trend spans.", ["day", "week", "month"])
    made = made.with_variable(grains)
    for panel in [*_steps(place), *_trend(place), *_persons(place)]:
        made = made.with_panel(panel)
    return made


def _of(place: Place, of: str = "", first: str = "", last: str = "") -> str:
    """Condition on funnels.bests: the attempts that the dashboard is about, of each person the one that counts.

    of: what its columns are called by. first, last: local dates between which it counts, by default those of the range.
    """
    funnel, segment = chosen("funnel"), chosen("segment")
    return f"""{of}funnel = {funnel} and ({segment} = 'all' or {of}breakdown = {segment})
                and {place.within(f"{of}local_date")}
                and ({of}better_before_date is null or {of}better_before_date < {first or place.from_date})
                and ({of}better_after_date is null or {of}better_after_date > {last or place.to_date})"""


def _steps(place: Place) -> list:
    p = Panels(place, NOBODY)
    step = "cast(step_number as varchar) || ' ' || step_name"
    return [
        p.gauge(
            "How far they come",
            "Persons at each step, each counted once by their deepest attempt that was entered in the range.",
            f"""
            select {step} as "Step", count(*) as "Persons"
            from funnels.bests
            where {_of(place)}
            group by step_number, step_name order by step_number""",
            size=(10, 9),
        ),
        p.table(
            "Step by step",
            "Conversion is from the required step before; times are from the entry; still open are those who got no further by "
            "the end of the range, but can until their window ends.",
            f"""
            with counted as (
                select step_number, {step} as step, max(previous_step) as previous_step, count(*) as person_count,
                    percentile_cont(0.5) within group (order by cast(taken_us as double precision) / 1000000) as median_seconds,
                    percentile_cont(0.9) within group (order by cast(taken_us as double precision) / 1000000) as p90_seconds,
                    count(*) filter (
                        where step_number = deepest_step and not is_last and open_until >= $__timeTo()
                    ) as still_open_count
                from funnels.bests
                where {_of(place)}
                group by step_number, step_name
            )
            select counted.step as "Step", counted.person_count as "Persons",
                cast(counted.person_count as double precision) / before.person_count as "Of the step before",
                cast(counted.person_count as double precision) / first.person_count as "Of the first",
                counted.median_seconds as "Median time", counted.p90_seconds as "Nine in ten within",
                counted.still_open_count as "Still open"
            from counted
            left join counted as before on before.step_number = counted.previous_step
            left join counted as first on first.step_number = 1
            order by counted.step_number""",
            {
                "Of the step before": unit_of(RATIO),
                "Of the first": unit_of(RATIO),
                "Median time": unit_of(SECONDS),
                "Nine in ten within": unit_of(SECONDS),
            },
            size=(14, 9),
        ),
    ]


def _trend(place: Place) -> list:
    p = Panels(place, NOBODY)
    period = f"date_trunc({chosen('grain')}, day)"
    counted = f"""
            with dates as (
                select cast(day as date) as local_date, {period} as period,
                    greatest(cast({period} as date), {place.from_date}) as first_date,
                    least(cast({period} + cast('1 ' || {chosen("grain")} as interval) as date) - 1, {place.to_date}) as last_date
                from generate_series(
                    cast({place.from_date} as timestamp), cast({place.to_date} as timestamp), interval '1 day'
                ) as days(day)
            ),
            periods as (
                select {place.starts("period")} as time, entered_count, completed_count
                from (
                    select dates.period, count(*) filter (where bests.step_number = 1) as entered_count,
                        count(*) filter (where bests.is_last) as completed_count
                    from funnels.bests as bests
                    join dates on dates.local_date = bests.local_date
                    where {_of(place, "bests.", "dates.first_date", "dates.last_date")}
                    group by dates.period
                ) as counted
            )"""
    return [
        p.series(
            "Conversion over time",
            "Of the persons who entered in each period, those who came through by now; the last periods can still rise.",
            f"""{counted}
            select time, cast(completed_count as double precision) / nullif(entered_count, 0) as "Came through"
            from periods order by time""",
            RATIO,
        ),
        p.series(
            "Entered and came through",
            "Distinct persons who entered in each period, and those of them who came through by now.",
            f"""{counted}
            select time, entered_count as "Entered", completed_count as "Came through" from periods order by time""",
        ),
        p.or_else("nobody came through in this range").bars(
            "How long it takes",
            "Persons by the time from entry to last step, over all segments; who entered on several dates counts on each.",
            f"""
            select case
                    when from_seconds < 60 then cast(from_seconds as varchar) || ' s'
                    when from_seconds < 3600 then cast(cast(from_seconds / 60 as bigint) as varchar) || ' min'
                    when from_seconds < 86400 then cast(cast(from_seconds / 3600 as bigint) as varchar) || ' h'
                    else cast(cast(from_seconds / 86400 as bigint) as varchar) || ' d' end as "From",
                cast(sum(person_count) as bigint) as "Persons"
            from metrics.funnel_times
            where funnel = {chosen("funnel")} and {place.within("local_date")}
            group by from_seconds order by from_seconds""",
            "From",
        ),
        p.table(
            "By segment",
            "Conversion of each value of what the funnel is broken down by; a person counts in that of their deepest attempt.",
            f"""
            with counted as (
                select breakdown, count(*) filter (where step_number = 1) as entered_count,
                    count(*) filter (where is_last) as completed_count
                from funnels.bests
                where {_of(place)}
                group by breakdown
            )
            select breakdown as "Segment", entered_count as "Entered", completed_count as "Came through",
                cast(completed_count as double precision) / nullif(entered_count, 0) as "Conversion"
            from counted
            order by entered_count desc, breakdown""",
            {"Conversion": unit_of(RATIO)},
            size=(12, 8),
        ),
    ]


def _persons(place: Place) -> list:
    return [
        Panels(place, NOBODY).table(
            "Who they are",
            "The latest 500 persons who entered in the range, with the step that they reached; a click leads to their journey.",
            f"""
            select person_id as "Person", entered_at as "Entered", cast(step_number as varchar) || ' ' || step_name as "Reached",
                reached_at as "Reached at", cast(taken_us as double precision) / 1000000 as "After", breakdown as "Segment",
                open_until as "Can go on until"
            from funnels.bests
            where step_number = deepest_step and {_of(place)}
            order by entered_at desc, person_id
            limit 500""",
            {
                "Entered": unit_of(MOMENT),
                "Reached at": unit_of(MOMENT),
                "After": unit_of(SECONDS),
                "Can go on until": unit_of(MOMENT),
            }
            | to_journey(),
        )
    ]
