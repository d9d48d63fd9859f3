"""Out: data source, dashboards and Grafana's own alert rules, to a Grafana that takes them over the network."""

from collections.abc import Iterator

import dagster as dg

from assets.dashboards.boards import FOLDERS, boards_of, rules_of
from pipelines.grafana.engines import ENGINES
from pipelines.grafana.push import Options, Pushed, push
from pipelines.grafana.push.alerts import points_of
from pipelines.grafana.push.api import Grafana, GrafanaError
from pipelines.grafana.push.wanted import Wanted, read
from pipelines.house import HOUSE
from pipelines.settings import Settings

NOT_SET = "no Grafana to push to: set TRAILHOUSE_GRAFANA_URL and TRAILHOUSE_GRAFANA_TOKEN"
POINTS = FOLDERS["duckdb"] / "provisioning" / "alerting" / "contact-points.yaml"  # the same over both engines

PUSHED_SPEC = dg.AssetSpec(
    ["grafana", "pushed"],
    group_name="grafana",
    owners=[HOUSE.config.house.owner],
    kinds={"grafana"},
    skippable=True,
    description="One row per thing that Grafana has of ours, as `trailhouse grafana push` leaves it. By hand only; without "
    "TRAILHOUSE_GRAFANA_URL nothing is done. A Grafana that reads the files in grafana/ needs no push.",
)


def wanted(settings: Settings) -> Wanted:
    """Errors: GrafanaError for a variable of the files that is not set."""
    engine, variables = ENGINES[settings.grafana_source], settings.grafana_variables
    boards = boards_of(HOUSE.config.house, engine)
    source = settings.home / FOLDERS[engine.name] / "provisioning" / "datasources" / "warehouse.yaml"
    [made] = read(source, variables)["datasources"]
    points = points_of(read(settings.home / POINTS, variables))
    return Wanted(engine.plugin, made, list(boards.values()), points, rules_of(engine, boards))


def push_to(settings: Settings, options: Options) -> list[Pushed]:
    """Errors: GrafanaError."""
    if not settings.grafana_url or not settings.grafana_token:
        raise GrafanaError(NOT_SET)
    with Grafana(settings.grafana_url, settings.grafana_token) as grafana:
        return push(grafana, wanted(settings), options)


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
