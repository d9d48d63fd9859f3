"""One person: who they are, their stages, sessions, errors, attempts at funnels, and all that they did."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from assets.dashboards.parts import STAGE_COLOURS, board, to_board, to_journey
from pipelines.grafana.boards import typed
from pipelines.grafana.fields import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    MOMENT,
    RED,
    SECONDS,
    TEXT,
    Settings,
    told,
    unit_of,
    width,
)
from pipelines.grafana.panels import Panels
from pipelines.grafana.place import Place, chosen

PERSON = chosen("person")
NOTHING = "nothing of this person in this range; any id in the table above leads to one"
KINDS = {"action": BLUE, "session": GREY, "stage": GREEN}
OUTCOMES = {"ok": GREEN, "failed": RED, "open": AMBER}


def dashboard(place: Place) -> Dashboard:
    about = "All that is known of one person. Links lead here from everywhere; or type an id of theirs."
    made = board(place, "journey", "Journey", about, "now-1y")
    made = made.with_variable(
        typed("person", "Person", "person_id, as app/user/u-000003; any other id is looked up in the first table.")
    )
    for panel in [*_who(place), *_what(place), *_visits(place)]:
        made = made.with_panel(panel)
    return made


def _who(place: Place) -> list:
    p = Panels(place, NOTHING)
    return [
        p.or_else("no such id; type one above, or follow a link").table(
            "Whose id it is",
            "The ids of the person, and why each leads to them; of another id, who it leads to. The range does not matter.",
            f"""
            select namespace || '/' || id_kind || '/' || id_value as "Id", person_id as "Person", because as "Because",
                first_seen_at as "First seen"
            from people.identities
            where person_id = {PERSON} or id_value = {PERSON}
            order by case id_kind when 'user' then 1 when 'anonymous' then 2 else 3 end, first_seen_at, 1
            limit 100""",
            {"First seen": unit_of(MOMENT), "Because": _text(), "Id": _text()} | to_journey(),
            size=(16, 7),
        ),
        p.or_else("no such person").table(
            "Where they stand",
            "The person's stage as of the last batch, and when silence will make them inactive. The range does not matter.",
            f"""
            select stage as "Stage", entered_at as "Since", last_meaningful_at as "Last did something",
                turns_inactive_at as "Turns inactive"
            from stages.current where person_id = {PERSON}""",
            {"Stage": [*told(STAGE_COLOURS), *to_board("stages", "Stages and retention")]}
            | {name: unit_of(MOMENT) for name in ("Since", "Last did something", "Turns inactive")},
            size=(8, 7),
        ),
        p.states(
            "Stages over time",
            "The stage that the person was in, from the one in which the range began.",
            f"""
            select greatest(entered_at, cast($__timeFrom() as timestamp)) as time, stage as "Stage"
            from stages.periods
            where person_id = {PERSON} and entered_at <= $__timeTo() and (left_at is null or left_at > $__timeFrom())
            order by period_number""",
            {"Stage": told(STAGE_COLOURS)[:1]},
        ),
    ]


def _what(place: Place) -> list:
    p = Panels(place, NOTHING)
    seconds = "cast(duration_us as double precision) / 1000000"
    return [
        p.table(
            "Timeline",
            "What the person did, when they came, which stages they entered; the latest 1,000, by the clocks of the report zone.",
            f"""
            select cast(date_trunc('second', local_time) as varchar) as "Local time", kind as "Kind", what as "What",
                outcome as "Outcome", error as "Error", {seconds} as "Took", source as "Source", properties as "Properties"
            from journeys.timeline
            where person_id = {PERSON} and $__timeFilter(occurred_at)
            order by occurred_at desc, case kind when 'stage' then 1 when 'action' then 2 else 3 end, place desc, what
            limit 1000""",
            {
                "Local time": [*_text(), *width(170)],
                "Kind": [*told(KINDS), *width(90)],
                "Outcome": [*told(OUTCOMES), *width(90)],
            }
            | {"Took": [*unit_of(SECONDS), *width(100)], "Properties": _text(), "What": _text(), "Error": _text()},
            size=(24, 14),
        ),
        p.or_else("no errors in this range").table(
            "Errors",
            "Errors that the person met and spans of theirs that failed, the latest first.",
            f"""
            select failed_at as "At", error as "Error", action as "Action", {seconds} as "After", source as "Source", key as "Of"
            from metrics.failures
            where person_id = {PERSON} and $__timeFilter(failed_at)
            order by failed_at desc, event_number desc
            limit 200""",
            {
                "At": unit_of(MOMENT),
                "After": unit_of(SECONDS),
                "Error": to_board("deployments", "Deployments and errors"),
                "Of": _text(),
            },
            size=(12, 9),
        ),
        p.table(
            "Attempts at funnels",
            "Each attempt that the person entered in the range, with the step that it reached.",
            f"""
            select funnel as "Funnel", entered_at as "Entered", cast(step_number as varchar) || ' ' || step_name as "Reached",
                reached_at as "Reached at", open_until as "Can go on until"
            from funnels.attempts
            where person_id = {PERSON} and $__timeFilter(entered_at) and step_number = deepest_step
            order by entered_at desc, funnel, entry_event_number desc
            limit 200""",
            {name: unit_of(MOMENT) for name in ("Entered", "Reached at", "Can go on until")}
            | {"Funnel": to_board("funnel", "Funnel", "var-funnel=${__value.raw:percentencode}&")},
            size=(12, 9),
        ),
    ]


def _visits(place: Place) -> list:
    p = Panels(place, NOTHING)
    return [
        p.table(
            "Sessions",
            "Each visit that started in the range: how long, from where, from which page to which.",
            f"""
            select started_at as "Started", cast(duration_us as double precision) / 1000000 as "Took", event_count as "Events",
                source as "Source", device_class as "Device", referrer as "Referrer", utm_source as "From",
                entry_path as "First page", exit_path as "Last page"
            from journeys.sessions
            where person_id = {PERSON} and $__timeFilter(started_at)
            order by started_at desc, source
            limit 200""",
            {"Started": unit_of(MOMENT), "Took": unit_of(SECONDS)},
            size=(14, 9),
        ),
        p.table(
            "Pages",
            "The person's path: each page that they came to, and from which.",
            f"""
            select reached_at as "At", previous_step as "From", step as "To", source as "Source"
            from journeys.steps
            where person_id = {PERSON} and $__timeFilter(reached_at)
            order by reached_at desc, event_number desc
            limit 500""",
            {"At": unit_of(MOMENT)},
            size=(10, 9),
        ),
    ]


def _text() -> Settings:
    return unit_of(TEXT)
