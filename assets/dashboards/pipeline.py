"""How the house itself runs: Dagster's runs, what batches read, what was refused and why, what came late."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from assets.dashboards.parts import board
from pipelines.grafana.boards import asked
from pipelines.grafana.fields import (
    AMBER,
    BLUE,
    COUNT,
    GREEN,
    GREY,
    MOMENT,
    RATIO,
    RED,
    SECONDS,
    TEXT,
    colour,
    coloured,
    link,
    told,
    unit_of,
)
from pipelines.grafana.panels import Panels
from pipelines.grafana.place import Place, chosen

SOURCES = """
select source from metrics.batches group by source order by min(case when source = 'all' then 0 else 1 end), source"""
STATUSES = {"success": GREEN, "failure": RED, "lost": RED, "canceled": GREY, "running": BLUE, "waiting": AMBER}
IN_DAGSTER = link("The run in Dagster", "${dagster}/runs/${__value.raw:percentencode}")


def dashboard(place: Place) -> Dashboard:
    about = "Runs, batches, what was refused and why, what came late: how the house itself does."
    made = board(place, "pipeline", "Pipeline", about)
    made = made.with_variable(asked(place, "source", "Source", "Whose records are counted.", SOURCES.strip(), "all"))
    for panel in [*_numbers(place), *_batches(place), *_refused(place), *_runs(place)]:
        made = made.with_panel(panel)
    return made


def _of(place: Place) -> str:
    return f"source = {chosen('source')} and {place.within('local_date')}"


def _numbers(place: Place) -> list:
    p = Panels(place)
    sums = {
        "Records": ("record_count", "Records that batches of the range read, blank lines included."),
        "Became events": ("accepted_count", "Records of the range that were accepted."),
        "Seen before": ("duplicate_count", "Records of the range whose event was known with the same payload."),
        "Refused": (
            "refused_count + conflict_count",
            "Records of the range that are in quarantine, conflicts among them.",
        ),
    }
    counts = [
        p.number(
            title,
            about,
            f"""select cast(sum({column}) as bigint) as "{title}" from metrics.batches where {_of(place)}""",
        )
        for title, (column, about) in sums.items()
    ]
    late = p.number(
        "Came late",
        "Of the events that batches of the range accepted, those that had happened more than a day before.",
        f"""
        select cast(sum(late_count) as double precision) / nullif(sum(accepted_count), 0) as "Came late"
        from metrics.batches where {_of(place)}""",
        RATIO,
    )
    runs = p.number(
        "Failed runs",
        "Dagster's runs that were asked for in the range and failed, or of which it has no word any more.",
        """
        select count(*) filter (where status in ('failure', 'lost')) as "Failed runs"
        from metrics.pipeline_runs where $__timeFilter(created_at)""",
    )
    return [*counts, late, runs]


def _batches(place: Place) -> list:
    p = Panels(place)
    time = place.starts("local_date")
    return [
        p.stacked(
            "What batches read",
            "Records by the date of the batch that read them, and what became of each: together they are all.",
            f"""
            select {time} as time, accepted_count as "Became events", duplicate_count as "Seen before",
                conflict_count as "Conflicts", refused_count as "Refused", blank_count as "Blank"
            from metrics.batches where {_of(place)} order by time""",
            {
                "Became events": colour(GREEN),
                "Seen before": colour(BLUE),
                "Conflicts": colour(AMBER),
                "Refused": colour(RED),
                "Blank": colour(GREY),
            },
        ),
        p.series(
            "What came late",
            "Accepted events that had happened more than a day before the batch that read them.",
            f"""select {time} as time, late_count as "Late" from metrics.batches where {_of(place)} order by time""",
        ),
        p.series(
            "How long it takes to be read",
            "The longest time of each date from the receipt of a batch's newest event to the batch.",
            f"""
            select {time} as time, longest_lag_seconds as "Longest" from metrics.batches
            where {_of(place)} order by time""",
            SECONDS,
        ),
        p.series(
            "Batches and files",
            "How many batches had files of the source on each date, and how many files they read.",
            f"""
            select {time} as time, batch_count as "Batches", file_count as "Files" from metrics.batches
            where {_of(place)} order by time""",
        ),
    ]


def _refused(place: Place) -> list:
    p = Panels(place)
    of = f"({chosen('source')} = 'all' or source = {chosen('source')}) and {place.within('local_date')}"
    nothing = p.or_else("nothing was refused in this range")
    return [
        nothing.table(
            "Quarantine by reason",
            "Records that batches of the range refused, by reason, and how many of them a replay has resolved since.",
            f"""
            select reason as "Reason", cast(sum(refused_count) as bigint) as "Refused",
                cast(sum(resolved_count) as bigint) as "Resolved since", max(last_seen_at) as "Last seen"
            from metrics.quarantine where {of}
            group by reason order by 2 desc, 1""",
            {"Refused": [*unit_of(COUNT), *coloured("gauge")], "Last seen": unit_of(MOMENT)},
            size=(12, 9),
        ),
        nothing.named(
            "Quarantine by date",
            "Refused records by reason and the date of the batch that read them.",
            f"""
            select {place.starts("local_date")} as time, reason, cast(sum(refused_count) as bigint) as "Refused"
            from metrics.quarantine where {of}
            group by local_date, reason order by time, reason""",
            size=(12, 9),
        ),
        p.or_else("no file was refused in this range").table(
            "Files that were refused whole",
            "Files of which nothing counts, or nothing behind what was read before; the latest 200 of the range.",
            """
            select seen_at as "At", source as "Source", reason as "Reason", detail as "What to do", file as "File"
            from metrics.refused_files where $__timeFilter(seen_at)
            order by failure desc limit 200""",
            {"At": unit_of(MOMENT), "What to do": unit_of(TEXT)},
            size=(24, 7),
        ),
    ]


def _runs(place: Place) -> list:
    p = Panels(place).or_else("no run in this range")
    return [
        p.named(
            "How long runs take",
            "From its start to its end, each run by its job.",
            """
            select created_at as time, job, run_seconds as "Took" from metrics.pipeline_runs
            where $__timeFilter(created_at) and run_seconds is not null
            order by time, job""",
            SECONDS,
        ),
        p.table(
            "Jobs",
            "Runs that were asked for in the range, by job: how many, how many failed, and how long they take.",
            """
            select job as "Job", count(*) as "Runs", count(*) filter (where status in ('failure', 'lost')) as "Failed",
                percentile_cont(0.5) within group (order by run_seconds) as "Median time",
                percentile_cont(0.95) within group (order by run_seconds) as "95 of 100",
                percentile_cont(0.5) within group (order by wait_seconds) as "Median wait"
            from metrics.pipeline_runs where $__timeFilter(created_at)
            group by job order by 2 desc, 1""",
            {name: unit_of(SECONDS) for name in ("Median time", "95 of 100", "Median wait")},
            size=(12, 8),
        ),
        p.table(
            "Runs",
            "The latest 200 runs that were asked for in the range; a click leads to the run in Dagster.",
            """
            select created_at as "Asked for", job as "Job", status as "Status", launched_by as "By", wait_seconds as "Waited",
                run_seconds as "Took", step_count as "Steps", failed_step_count as "Failed steps", run_id as "Run"
            from metrics.pipeline_runs where $__timeFilter(created_at)
            order by created_at desc, run_id limit 200""",
            {
                "Asked for": unit_of(MOMENT),
                "Status": told(STATUSES),
                "Waited": unit_of(SECONDS),
                "Took": unit_of(SECONDS),
                "Run": IN_DAGSTER,
            },
        ),
    ]
