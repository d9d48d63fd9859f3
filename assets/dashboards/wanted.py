"""What of ours a Grafana shall have that takes it over the network: what the files in grafana/ give to one that reads them."""

from assets.dashboards.boards import FOLDERS, boards_of, rules_of
from pipelines.config import load_config
from pipelines.grafana.engines import DUCKDB, ENGINES
from pipelines.grafana.push import Options, Pushed, push
from pipelines.grafana.push.alerts import points_of
from pipelines.grafana.push.api import Grafana, GrafanaError
from pipelines.grafana.push.wanted import Wanted, read
from pipelines.settings import Settings

NOT_SET = "no Grafana to push to: set TRAILHOUSE_GRAFANA_URL and TRAILHOUSE_GRAFANA_TOKEN"
SOURCE = "provisioning/datasources/warehouse.yaml"
POINTS = FOLDERS[DUCKDB.name] / "provisioning/alerting/contact-points.yaml"  # the same over both engines


def wanted(settings: Settings) -> Wanted:
    """Errors: GrafanaError for a variable of the files that is not set; ConfigError."""
    engine, variables = ENGINES[settings.grafana_source], settings.grafana_variables
    boards = boards_of(load_config(settings.config_folder).house, engine)
    [source] = read(settings.home / FOLDERS[engine.name] / SOURCE, variables)["datasources"]
    points = points_of(read(settings.home / POINTS, variables))
    return Wanted(engine.plugin, source, list(boards.values()), points, rules_of(engine, boards))


def push_to(settings: Settings, options: Options) -> list[Pushed]:
    """Errors: GrafanaError; ConfigError."""
    if not settings.grafana_url or not settings.grafana_token:
        raise GrafanaError(NOT_SET)
    made = wanted(settings)
    with Grafana(settings.grafana_url, settings.grafana_token) as grafana:
        return push(grafana, made, options)
