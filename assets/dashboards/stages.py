"""Where persons stand and how they move, who comes back, and how regularly."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from assets.dashboards.parts import STAGE_COLOURS, STAGES, board, to_journey
from pipelines.grafana.boards import asked, offered
from pipelines.grafana.fields import COUNT, MOMENT, RATIO, Settings, colour, coloured, told, unit_of
from pipelines.grafana.panels import Panels
from pipelines.grafana.place import Place, chosen

RETENTIONS = "select retention from metrics.retention group by retention order by sum(cohort_count) desc, retention"
STICKINESSES = """
select stickiness from metrics.active_persons group by stickiness order by sum(person_count) desc, stickiness"""


def dashboard(place: Place) -> Dashboard:
    about = "How many persons stand in each stage and move, who of a cohort comes back, and how regularly persons come."
    made = board(place, "stages", "Stages and retention", about, "now-90d")
    made = made.with_variable(asked(place, "retention", "Retention", "Name in config/retention.yaml.", RETENTIONS))
    made = made.with_variable(
        asked(place, "stickiness", "Stickiness", "Name in config/stickiness.yaml.", STICKINESSES.strip())
    )
    grains = offered(
        "grain", "Grain", "Length of a cohort's periods, and of those that persons come in.", ["day", "week", "month"]
    )
    made = made.with_variable(grains)
    for panel in [*_stages(place), *_moves(place), *_retention(place), *_stickiness(place)]:
        made = made.with_panel(panel)
    return made


def _stages(place: Place) -> list:
    p = Panels(place)
    colours: dict[str, Settings] = {name: colour(shade) for name, shade in STAGE_COLOURS.items()}

    def by_stage(column: str) -> str:
        return ", ".join(f"max(case when stage = '{name}' then {column} end) as {name}" for name in STAGES)

    return [
        p.stacked(
            "Persons by stage",
            "Persons standing in each stage at the end of each date; together they are all persons seen so far.",
            f"""
            select {place.starts("local_date")} as time, {by_stage("standing_count")}
            from metrics.stages where {place.within("local_date")}
            group by local_date order by time""",
            columns=colours,
        ),
        p.series(
            "Entries by stage",
            "Times that persons entered each stage on each date; who enters one twice counts twice.",
            f"""
            select {place.starts("local_date")} as time, {by_stage("entry_count")}
            from metrics.stages where {place.within("local_date")}
            group by local_date order by time""",
            columns=colours,
        ),
    ]


def _moves(place: Place) -> list:
    p = Panels(place)
    words = told(STAGE_COLOURS)
    return [
        p.table(
            "Moves",
            "From which stage to which persons moved in the range; who makes a move on several dates counts on each.",
            f"""
            select from_stage as "From", to_stage as "To", cast(sum(person_count) as bigint) as "Persons"
            from metrics.stage_moves where {place.within("local_date")}
            group by from_stage, to_stage order by 3 desc, 1, 2""",
            {"From": words, "To": words, "Persons": [*unit_of(COUNT), *coloured("gauge")]},
            size=(12, 9),
        ),
        p.table(
            "Who moved last",
            "The latest 200 entries into a stage in the range, visitors left out; a click leads to the person's journey.",
            """
            select person_id as "Person", stage as "Stage", entered_at as "Entered",
                case when left_at <= $__timeTo() then left_at end as "Left"
            from stages.periods
            where stage <> 'visitor' and $__timeFilter(entered_at)
            order by entered_at desc, person_id, period_number desc
            limit 200""",
            {"Stage": words, "Entered": unit_of(MOMENT), "Left": unit_of(MOMENT)} | to_journey(),
            size=(12, 9),
        ),
    ]


def _retention(place: Place) -> list:
    p = Panels(place)
    asked_for = f"retention = {chosen('retention')} and grain = {chosen('grain')} and {place.within('cohort_date')}"
    return [
        p.shaded(
            "Who comes back, by cohort",
            "Of those who began in each period (their number in brackets), the part that did something in the periods after it; "
            "what is not over is empty.",
            f"""
            select cast(cohort_date as varchar) || ' (' || cast(cohort_count as varchar) || ')' as "Cohort",
                period_number as "Period", return_ratio as "Back"
            from metrics.retention
            where {asked_for}
            order by cohort_date, period_number""",
            ("Cohort", "Period", "Back"),
            RATIO,
        ),
        p.bars(
            "Who comes back, all cohorts",
            "Of all cohorts of the range whose period is over, the part that came back in it.",
            f"""
            select cast(period_number as varchar) as "Period",
                cast(sum(returned_count) as double precision) / sum(cohort_count) as "Came back"
            from metrics.retention
            where {asked_for} and is_complete
            group by period_number order by period_number""",
            "Period",
            RATIO,
        ),
    ]


def _stickiness(place: Place) -> list:
    p = Panels(place)
    asked_for = f"stickiness = {chosen('stickiness')} and grain = {chosen('grain')} and {place.within('period_date')}"
    time = place.starts("period_date")
    return [
        p.series(
            "Active persons",
            "Distinct persons who did one of the actions in each period; the last one is not over yet.",
            f"""
            select {time} as time, person_count as "Active persons" from metrics.active_persons
            where {asked_for} order by time""",
        ),
        p.series(
            "Stickiness",
            "Mean of the persons of a date by those of its period: 100 % came every day. What is not over is left out.",
            f"""
            select {time} as time, stickiness_ratio as "Stickiness" from metrics.active_persons
            where {asked_for} and is_complete order by time""",
            RATIO,
        ),
        p.bars(
            "On how many dates they come",
            "Persons by the number of dates of a period on which they were active, added up over the periods of the range.",
            f"""
            select cast(active_date_count as varchar) as "Dates", cast(sum(person_count) as bigint) as "Persons"
            from metrics.stickiness
            where {asked_for}
            group by active_date_count order by active_date_count""",
            "Dates",
        ),
    ]
