"""How deployments and other spans go, which errors are new, and whom they hit."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from assets.dashboards.parts import board, to_journey
from pipelines.grafana.boards import asked
from pipelines.grafana.fields import AMBER, COUNT, GREEN, GREY, MOMENT, RATIO, RED, SECONDS, TEXT, colour, told, unit_of
from pipelines.grafana.panels import Panels
from pipelines.grafana.place import Place, chosen

ACTIONS = "select action from metrics.deployments group by action order by action"


def dashboard(place: Place) -> Dashboard:
    about = "How spans such as deployments go: their outcome and length by date, their errors, and whom those hit."
    made = board(place, "deployments", "Deployments and errors", about)
    made = made.with_variable(asked(place, "action", "Action", "A span of config/actions.yaml.", ACTIONS, "deployment"))
    for panel in [*_numbers(place), *_outcomes(place), *_errors(place)]:
        made = made.with_panel(panel)
    return made


def _of(place: Place) -> str:
    return f"action = {chosen('action')} and {place.within('local_date')}"


def _numbers(place: Place) -> list:
    p = Panels(place)
    sums = {
        "Started": "started_count",
        "Failed": "failed_count",
        "Abandoned": "abandoned_count",
        "Still open": "open_count",
    }
    told_of = {
        "Started": "Spans that started in the range.",
        "Failed": "Of those that started in the range, the ones that failed.",
        "Abandoned": "Of those that started in the range, the ones whose time ran out without an end.",
        "Still open": "Of those that started in the range, the ones that can still end in time.",
    }
    counts = [
        p.number(
            title,
            told_of[title],
            f"""
            select cast(sum({column}) as bigint) as "{title}" from metrics.deployments where {_of(place)}""",
            size=(4, 4),
        )
        for title, column in sums.items()
    ]
    ratio = p.number(
        "Went well",
        "Of those that started in the range and ended, the part that ended well.",
        f"""
        select cast(sum(ok_count) as double precision) / nullif(sum(ok_count) + sum(failed_count), 0) as "Went well"
        from metrics.deployments where {_of(place)}""",
        RATIO,
    )
    errors = p.number(
        "New errors",
        "Error codes that were first seen within the last 7 days, or are back after 30; the range does not matter.",
        """select count(*) as "New errors" from metrics.errors where is_new or is_back""",
    )
    return [ratio, *counts, errors]


def _outcomes(place: Place) -> list:
    p = Panels(place)
    return [
        p.stacked(
            "How they ended",
            "Spans by the date on which they started and what became of them.",
            f"""
            select {place.starts("local_date")} as time, ok_count as "Went well", failed_count as "Failed",
                abandoned_count as "Abandoned", open_count as "Still open"
            from metrics.deployments where {_of(place)} order by time""",
            columns={
                "Went well": colour(GREEN),
                "Failed": colour(RED),
                "Abandoned": colour(AMBER),
                "Still open": colour(GREY),
            },
        ),
        p.series(
            "How long they take",
            "Of those that ended well: the median, what 95 of 100 stay below, and what that was over the 14 dates before.",
            f"""
            select {place.starts("local_date")} as time, p50_seconds as "Median", p95_seconds as "95 of 100",
                expected_seconds as "Expected"
            from metrics.deployments where {_of(place)} order by time""",
            SECONDS,
        ),
    ]


def _errors(place: Place) -> list:
    p = Panels(place)
    return [
        p.or_else("no errors in this range").named(
            "Errors by date",
            "Times that each error code was met on each date, by spans and events of every action.",
            f"""
            select {place.starts("failed_date")} as time, coalesce(error, '(no code)') as error, count(*) as "Times"
            from metrics.failures where {place.within("failed_date")}
            group by failed_date, error order by time, error""",
        ),
        p.or_else("no error was ever seen").table(
            "Errors",
            "Every error code ever seen: since when, how often, and whether it is new or is back; the range does not matter.",
            """
            select error as "Error", action as "Action",
                case when is_new then 'new' when is_back then 'back' else '' end as "Note",
                event_count as "Times", person_count as "Persons", first_seen_at as "First seen", last_seen_at as "Last seen"
            from metrics.errors
            order by case when is_new or is_back then 0 else 1 end, last_seen_at desc, error, action
            limit 200""",
            {
                "Note": told({"new": RED, "back": AMBER}),
                "Times": unit_of(COUNT),
                "First seen": unit_of(MOMENT),
                "Last seen": unit_of(MOMENT),
            },
            size=(12, 8),
        ),
        p.or_else("nothing failed in this range").table(
            "Who was hit",
            "The latest 300 failures of the chosen action in the range; a click leads to the person's journey.",
            f"""
            select person_id as "Person", failed_at as "At", coalesce(error, '(no code)') as "Error",
                cast(duration_us as double precision) / 1000000 as "After", source as "Source", key as "Of"
            from metrics.failures
            where action = {chosen("action")} and $__timeFilter(failed_at)
            order by failed_at desc, event_number desc
            limit 300""",
            {"At": unit_of(MOMENT), "After": unit_of(SECONDS), "Of": unit_of(TEXT)} | to_journey(),
        ),
    ]
