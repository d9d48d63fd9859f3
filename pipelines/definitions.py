"""The one object that Dagster loads: the tables of sql/ and assets/, the edges, jobs, schedules and sensors."""

import importlib
import pkgutil
from types import ModuleType

import dagster as dg

import assets
from pipelines.house import HOUSE
from pipelines.schedules import JOBS, SCHEDULES
from pipelines.tables import table_assets


def _edges() -> list[ModuleType]:
    """Every module of assets/ but the commands: its assets and sensors are picked up by themselves."""
    found = pkgutil.walk_packages(assets.__path__, "assets.")
    names = [each.name for each in found if not each.ispkg and not each.name.startswith("assets.cli.")]
    return [importlib.import_module(name) for name in names]


EDGES = _edges()
SENSORS = [each for module in EDGES for each in vars(module).values() if isinstance(each, dg.SensorDefinition)]

defs = dg.Definitions(
    assets=[*dg.load_assets_from_modules(EDGES), *table_assets(HOUSE)],
    jobs=JOBS,
    schedules=SCHEDULES,
    sensors=SENSORS,
    executor=dg.in_process_executor,  # a chain of tables in one process: seconds instead of a process start each
)
