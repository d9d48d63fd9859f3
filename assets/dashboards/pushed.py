"""Out: data source, dashboards and Grafana's own alert rules, to a Grafana that takes them over the network."""

from collections.abc import Iterator

import dagster as dg

from assets.dashboards.wanted import NOT_SET, push_to
from pipelines.grafana.push import Options
from pipelines.house import HOUSE
from pipelines.settings import Settings

PUSHED_SPEC = dg.AssetSpec(
    ["grafana", "pushed"],
    group_name="grafana",
    owners=[HOUSE.config.house.owner],
    kinds={"grafana"},
    skippable=True,
    description="One row per thing that Grafana has of ours, as `trailhouse grafana push` leaves it. By hand only; without "
    "TRAILHOUSE_GRAFANA_URL it is skipped. A Grafana that reads the files in grafana/ needs no push.",
)


@dg.multi_asset(name="grafana_pushed", specs=[PUSHED_SPEC], description="Sends Grafana what it does not have yet.")
def pushed(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    settings = Settings()
    if not settings.grafana_url:
        context.log.warning(f"Skipped: {NOT_SET}.")
        return
    done = push_to(settings, Options())
    lines = ["| kind | uid | what | |", "| --- | --- | --- | --- |"]
    lines += [f"| {each.kind} | {each.uid} | {each.what} | {each.note} |" for each in done]
    yield dg.MaterializeResult(
        metadata={"dagster/row_count": len(done), "things": dg.MetadataValue.md("\n".join(lines))}
    )
