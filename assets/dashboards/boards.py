"""All dashboards of the house, and the files that they become: for the plugin of the published files, and for PostgreSQL."""

from collections.abc import Callable
from pathlib import Path

from grafana_foundation_sdk.builders.dashboard import Dashboard

from assets.dashboards import alerts, deployments, funnel, journey, overview, stages
from pipelines.config import House
from pipelines.grafana.engines import DUCKDB, POSTGRES, Engine
from pipelines.grafana.files import built, text_of
from pipelines.grafana.place import Place

BOARDS: dict[str, Callable[[Place], Dashboard]] = {
    "overview": overview.dashboard,
    "funnel": funnel.dashboard,
    "stages": stages.dashboard,
    "journey": journey.dashboard,
    "deployments": deployments.dashboard,
    "alerts": alerts.dashboard,
}
FOLDERS = {DUCKDB.name: Path("grafana"), POSTGRES.name: Path("grafana/postgres")}  # of the project


def place_of(house: House, engine: Engine) -> Place:
    return Place(engine, house.report_timezone, house.first_received_date)


def files_of(house: House) -> dict[Path, str]:
    """Path in the project -> text of every file that is made here."""
    return {
        FOLDERS[engine.name] / "dashboards" / f"{name}.json": text_of(built(dashboard(place_of(house, engine))))
        for engine in (DUCKDB, POSTGRES)
        for name, dashboard in BOARDS.items()
    }
