"""What is done for the lake at night: closed received days become one segment each; once a week every byte is looked at."""

import dagster as dg
from pydantic import Field

from pipelines.orchestration.preview import markdown
from pipelines.orchestration.tables import POOL
from pipelines.settings import Settings
from pipelines.upkeep.compact import Compacted
from pipelines.upkeep.compact import compact as compact_lake
from pipelines.upkeep.scrub import scrub as scrub_lake
from pipelines.warehouse import open_lake


class CompactConfig(dg.Config):
    """Which received days are closed."""

    after_days: int = Field(
        default_factory=lambda: Settings().compact_after_days,
        ge=0,
        description="days before the newest batch's; default: the setting compact_after_days",
    )


@dg.op(pool=POOL, description="Makes one segment of each closed received day; no row changes.")
def compact_closed_days(context: dg.OpExecutionContext, config: CompactConfig) -> None:
    settings = Settings()
    with open_lake(settings) as ledger:
        done = compact_lake(settings.lake_folder, ledger, config.after_days, settings.keep_replaced_hours)
    for each in done:
        context.log.info(said(each))
    context.log.info(f"{len(done)} received days compacted")


def said(done: Compacted) -> str:
    """What became of a day, in a sentence."""
    new = done.new
    return f"{new.kind} received on {new.received_date}: {len(done.old)} segments became one of {new.rows:,} rows"


@dg.job(
    description="Makes one segment of each received day that is closed; a scan then opens one file instead of thousands."
)
def compact() -> None:
    compact_closed_days()


@dg.op(description="Hashes every segment again and compares it with the ledger; fails when something is wrong.")
def look_at_every_byte(context: dg.OpExecutionContext) -> None:
    """Takes no slot of the pool: it only reads, and others write meanwhile."""
    found = scrub_lake(Settings())
    context.log.info(f"{found.segments:,} segments, {found.bytes:,} bytes looked at")
    if not found.is_complete:
        context.log.warning("somebody wrote meanwhile, so unknown files were not looked for")
    if found.findings:
        rows = [(each.path, each.what, each.do) for each in found.findings]
        table = dg.MetadataValue.md(markdown(("file", "what", "what to do"), rows))
        what = f"{len(rows)} files are not as acknowledged, the first: {rows[0][0]}: {rows[0][1]}"
        raise dg.Failure(f"{what}; {rows[0][2]}", metadata={"wrong": table}, allow_retries=False)


@dg.job(
    description="Hashes every segment again and compares it with the ledger; a flipped bit, a lost or foreign file fails it."
)
def scrub() -> None:
    look_at_every_byte()


weekly_scrub = dg.ScheduleDefinition(
    job=scrub,
    cron_schedule="0 5 * * 0",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    name="weekly_scrub",
    description="Every byte of the lake is looked at on Sundays.",
)

nightly_compact = dg.ScheduleDefinition(
    job=compact,
    cron_schedule="0 4 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    name="nightly_compact",
    description="Days that are closed are compacted at night.",
)
