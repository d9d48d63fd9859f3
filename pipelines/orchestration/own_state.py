"""What Dagster knows of itself and tells nobody: the last run of each job, checks that block, assets that are stale.

Rows for monitors: `name`, and `value`, 1 where it failed. A later run or check that goes well is 0, and so its recovery.
"""

import dagster as dg
from dagster._core.definitions.freshness import FreshnessState
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from pipelines.config.monitors import What
from pipelines.house import HOUSE
from pipelines.monitors.conditions import Row
from pipelines.orchestration.asset_specs import BATCHES, asset_key, check_specs

MOST_RUNS = 500  # in which the last one of each job is looked for
OVER = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]


def own_state(instance: dg.DagsterInstance, what: What) -> list[Row]:
    return {"runs": _runs, "checks": _checks, "freshness": _freshness}[what.dagster or ""](instance)


def _runs(instance: dg.DagsterInstance) -> list[Row]:
    """The newest of each job: a failure is told on its first attempt, before a retry."""
    found: dict[str, Row] = {}
    for each in instance.get_run_records(dg.RunsFilter(statuses=OVER), limit=MOST_RUNS):
        run = each.dagster_run
        is_failed = run.status == dg.DagsterRunStatus.FAILURE
        found.setdefault(run.job_name, {"name": run.job_name, "value": float(is_failed), "run": run.run_id})
    return list(found.values())


def _checks(instance: dg.DagsterInstance) -> list[Row]:
    """One that only warns tells by itself, in the UI."""
    specs = [each for model in HOUSE.models.values() for each in check_specs(model) if each.blocking]
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key([each.key for each in specs])
    failed = AssetCheckExecutionRecordStatus.FAILED
    return [
        {"name": f"{key.asset_key.to_user_string()} {key.name}", "value": float(record.status == failed)}
        for key, record in found.items()
    ]


def _freshness(instance: dg.DagsterInstance) -> list[Row]:
    public = [asset_key(model.name) for model in HOUSE.models.values() if model.header.public]
    found = instance.get_freshness_state_records([BATCHES, *public])
    return [
        {"name": key.to_user_string(), "value": float(record.freshness_state == FreshnessState.FAIL)}
        for key, record in found.items()
    ]
