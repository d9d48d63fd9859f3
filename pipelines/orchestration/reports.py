"""Reports as Dagster shows them: numbers, pages and delivery of a date, each an asset of its own, and when they are due.

The partition of a daily report is its local date; of a weekly one the Monday that its week starts with.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from pydantic import Field

from pipelines.config.reports import Report
from pipelines.house import HOUSE
from pipelines.orchestration.report_evidence import shown_delivery, shown_numbers, shown_pages
from pipelines.reports.dates import last_over, span_of
from pipelines.reports.numbers import late
from pipelines.reports.work import Desk, draw_pages, send, take_numbers
from pipelines.settings import Settings

Job: TypeAlias = UnresolvedAssetJobDefinition  # what dg.define_asset_job makes

CATALOG = dg.AssetKey(["published", "catalog"])
GROUP = "reports"
OWNERS = [HOUSE.config.house.owner]
REPORTS = HOUSE.config.reports
EVERY_QUARTER = timedelta(minutes=15)


def zone_of(report: Report) -> str:
    return report.zone or HOUSE.config.house.report_timezone


def partitions_of(report: Report) -> dg.TimeWindowPartitionsDefinition:
    first = HOUSE.config.house.first_received_date.isoformat()
    if report.every == "week":
        return dg.WeeklyPartitionsDefinition(start_date=first, day_offset=1, timezone=zone_of(report))
    return dg.DailyPartitionsDefinition(start_date=first, timezone=zone_of(report))


def key_of(name: str, part: str) -> dg.AssetKey:
    return dg.AssetKey([GROUP, name, part])


class DeliveryConfig(dg.Config):
    """How to send."""

    again: bool = Field(
        default=False, description="true: what was sent before is forgotten first, and goes out once more"
    )


def report_assets(name: str, report: Report) -> list[dg.AssetsDefinition]:
    """Numbers, pages and delivery, each made for one partition at a time."""

    def part(key: str, reads: dg.AssetKey, kind: str, says: str):
        spec = dg.AssetSpec(
            key_of(name, key),
            deps=[reads],
            group_name=GROUP,
            owners=OWNERS,
            kinds={kind},
            description=f"One row per {says} of the report '{report.title}'. {report.description}",
            partitions_def=partitions_of(report),
        )
        return dg.multi_asset(name=f"report_{name}_{key}", specs=[spec])

    def desk(context: dg.AssetExecutionContext) -> Desk:
        return Desk(Settings(), HOUSE.config, name, date.fromisoformat(context.partition_key))

    @part("numbers", CATALOG, "duckdb", "query and row")
    def numbers(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata=shown_numbers(take_numbers(desk(context))))

    @part("pages", key_of(name, "numbers"), "pdf", "PDF")
    def pages(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata=shown_pages(draw_pages(desk(context))))

    @part("delivery", key_of(name, "pages"), "slack", "message and file that was sent")
    def delivery(context: dg.AssetExecutionContext, config: DeliveryConfig) -> dg.MaterializeResult:
        outcomes = send(desk(context), config.again)
        for problem in (each for outcome in outcomes for each in outcome.problems):
            context.log.warning(problem)
        return dg.MaterializeResult(metadata=shown_delivery(outcomes))

    return [numbers, pages, delivery]


def report_job(name: str, report: Report) -> Job:
    keys = [key_of(name, part) for part in ("numbers", "pages", "delivery")]
    return dg.define_asset_job(
        f"report_{name}",
        dg.AssetSelection.assets(*keys),
        description=f"{report.title}: takes the numbers of a date, draws its pages, sends what was not sent yet.",
    )


def report_schedule(name: str, report: Report, job: Job) -> dg.ScheduleDefinition:
    """Looks every quarter of an hour from the time it is due until the deadline: one run, once all sources are there."""

    @dg.schedule(
        name=f"report_{name}",
        job=job,
        cron_schedule=_quarters(report),
        execution_timezone=zone_of(report),
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"{report.title}, at {report.at:%H:%M}; later where a source is late, at {report.deadline:%H:%M} anyway.",
    )
    def due(context: dg.ScheduleEvaluationContext):
        now = context.scheduled_execution_time
        day = last_over(report, now, HOUSE.config.house.report_timezone)
        missing = _missing(report, day, now)
        if missing:
            return dg.SkipReason(f"Waits for {', '.join(missing)} until {report.deadline:%H:%M}.")
        return dg.RunRequest(run_key=f"{name} {day}", partition_key=day.isoformat())

    return due


def _quarters(report: Report) -> list[str]:
    """Cron lines from `at` to `deadline`, both included; a weekly report on Mondays."""
    day = "1" if report.every == "week" else "*"
    start, end = (datetime.combine(date.min, each) for each in (report.at, report.deadline))
    return [f"{each.minute} {each.hour} * * {day}" for each in _between(start, end)]


def _between(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += EVERY_QUARTER
    yield end


def _missing(report: Report, day: date, now: datetime) -> list[str]:
    """Sources that are late, as long as they are waited for."""
    if now.astimezone(ZoneInfo(zone_of(report))).time() >= report.deadline:
        return []
    span = span_of(report, day, HOUSE.config.house.report_timezone)
    return sorted(late(Settings().published_folder, report, span))


def all_reports() -> tuple[list[dg.AssetsDefinition], list[Job], list[dg.ScheduleDefinition]]:
    """Assets, jobs and schedules of config/reports.yaml."""
    jobs = {name: report_job(name, report) for name, report in REPORTS.items()}
    assets = [each for name, report in REPORTS.items() for each in report_assets(name, report)]
    return assets, list(jobs.values()), [report_schedule(name, report, jobs[name]) for name, report in REPORTS.items()]
