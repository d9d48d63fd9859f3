"""What is done for the lake at night: closed received days become one segment each."""

import dagster as dg
from pydantic import Field

from pipelines.orchestration.tables import POOL
from pipelines.settings import Settings
from pipelines.upkeep.compact import Compacted
from pipelines.upkeep.compact import compact as compact_lake
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


nightly_compact = dg.ScheduleDefinition(
    job=compact,
    cron_schedule="0 4 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    name="nightly_compact",
    description="Days that are closed are compacted at night.",
)
