"""All dashboards of the house, and the files that they become: for the plugin of the published files, and for PostgreSQL."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders.dashboard import Dashboard

from assets.dashboards import alerts, deployments, funnel, journey, overview, pipeline, stages
from assets.dashboards.rules import RULES
from pipelines.config import House
from pipelines.grafana.alerting import file_of
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
    "pipeline": pipeline.dashboard,
}
FOLDERS = {DUCKDB.name: Path("grafana"), POSTGRES.name: Path("grafana/postgres")}  # of the project


def place_of(house: House, engine: Engine) -> Place:
    return Place(engine, house.report_timezone, house.first_received_date)


def files_of(house: House) -> dict[Path, str]:
    """Path in the project -> text of every file that is made here."""
    made: dict[Path, str] = {}
    for engine in (DUCKDB, POSTGRES):
        folder, boards = FOLDERS[engine.name], boards_of(house, engine)
        made |= {folder / "dashboards" / f"{name}.json": text_of(board) for name, board in boards.items()}
        made[folder / "provisioning" / "alerting" / "rules.yaml"] = file_of(rules_of(engine, boards))
    return made


def boards_of(house: House, engine: Engine) -> dict[str, dict[str, Any]]:
    return {name: built(dashboard(place_of(house, engine))) for name, dashboard in BOARDS.items()}


def rules_of(engine: Engine, boards: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Errors: KeyError of a rule whose panel is not there."""
    panels = {(name, panel["title"]): panel["id"] for name, board in boards.items() for panel in board["panels"]}
    return [rule.made(engine, panels[rule.panel]) for rule in RULES]
