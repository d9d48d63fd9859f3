"""The one object that Dagster loads: the tables of sql/ and assets/, the edges, jobs, schedules and sensors."""

import importlib
import pkgutil
import warnings
from types import ModuleType

import dagster as dg

import assets
from pipelines.house import HOUSE
from pipelines.orchestration.correctors import CORRECTOR_JOBS
from pipelines.orchestration.reports import all_reports
from pipelines.orchestration.schedules import JOBS, SCHEDULES
from pipelines.orchestration.tables import table_assets

for _kind in (dg.BetaWarning, dg.PreviewWarning, dg.SupersessionWarning):
    warnings.filterwarnings("ignore", category=_kind)  # the version is pinned; said once a table it hides what matters


def _edges() -> list[ModuleType]:
    """Every module of assets/ but the commands: its assets and sensors are picked up by themselves."""
    found = pkgutil.walk_packages(assets.__path__, "assets.")
    names = [each.name for each in found if not each.ispkg and not each.name.startswith("assets.cli.")]
    return [importlib.import_module(name) for name in names]


EDGES = _edges()
REPORTS, REPORT_JOBS, REPORT_SCHEDULES = all_reports()
SENSORS = [each for module in EDGES for each in vars(module).values() if isinstance(each, dg.SensorDefinition)]

defs = dg.Definitions(
    assets=[*dg.with_source_code_references(dg.load_assets_from_modules(EDGES)), *table_assets(HOUSE), *REPORTS],
    jobs=[*JOBS, *REPORT_JOBS, *CORRECTOR_JOBS],
    schedules=[*SCHEDULES, *REPORT_SCHEDULES],
    sensors=SENSORS,
    executor=dg.in_process_executor,  # a chain of tables in one process: seconds instead of a process start each
)
