"""What a refresh leaves in Dagster: plotted figures, the last rows, the results of its checks."""

from collections.abc import Iterator

import dagster as dg

from pipelines.models import Model
from pipelines.models.header import Check
from pipelines.orchestration.asset_specs import asset_key
from pipelines.orchestration.preview import markdown
from pipelines.refresh import Refreshed, checks_of
from pipelines.warehouse import Warehouse
from pipelines.warehouse.scope import stored

PREVIEW_ROWS = 10


def figures(warehouse: Warehouse, done: Refreshed, after: int = 0) -> dict:
    """Metadata of a materialization. Of a view only rows of batches after `after` are shown."""
    in_all = {} if done.row_count is None else {"dagster/row_count": done.row_count}
    return in_all | {
        "rows_written": done.changed,
        "seconds": round(done.seconds, 3),
        "ledger_position": done.position,
        "why": done.why,
        "preview": dg.MetadataValue.md(_preview(warehouse, done.model, after)),
    }


def _preview(warehouse: Warehouse, model: Model, after: int) -> str:
    order = ", ".join(f"{name} desc" for name in model.header.grain)
    relation = _relation(warehouse, model, after)
    found = warehouse.connection.execute(f"select * from {relation} order by {order} limit {PREVIEW_ROWS}")
    return markdown([column[0] for column in found.description or []], found.fetchall())


def _relation(warehouse: Warehouse, model: Model, after: int = 0) -> str:
    """What to select the table from. A view is put into the connection's scope, over batches after `after`."""
    if not model.header.view:
        return stored(model.name)
    warehouse.show((model.name,), after=after)
    return model.name


def check_results(warehouse: Warehouse, model: Model) -> Iterator[dg.AssetCheckResult]:
    """Of a table that stands: what blocks holds for each of its rows, or they would not be there; the rest is counted."""
    for check in checks_of(model):
        yield check_result(model, check, 0 if check.blocking else _count_failures(warehouse, model, check))


def failed_check_results(failed: Refreshed) -> Iterator[dg.AssetCheckResult]:
    """Of new rows that a blocking check kept out."""
    for each in failed.checks:
        yield check_result(failed.model, each.check, each.failed_rows)


def _count_failures(warehouse: Warehouse, model: Model, check: Check) -> int:
    relation = _relation(warehouse, model)
    query = f"select count(*) from {relation} where ({check.condition}) is not true"
    return warehouse.connection.execute(query).fetchall()[0][0]


def check_result(model: Model, check: Check, failed_rows: int) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=not failed_rows,
        check_name=check.name,
        asset_key=asset_key(model.name),
        severity=dg.AssetCheckSeverity.ERROR if check.blocking else dg.AssetCheckSeverity.WARN,
        description=f"{failed_rows:,} rows break it" if failed_rows else None,
        metadata={"failed_rows": failed_rows, "condition": check.condition},
    )


def as_evaluation(result: dg.AssetCheckResult) -> dg.AssetCheckEvaluation:
    """The same outside a run."""
    return dg.AssetCheckEvaluation(
        asset_key=result.asset_key or dg.AssetKey([]),
        check_name=result.check_name or "",
        passed=result.passed,
        severity=result.severity,
        description=result.description,
        metadata=result.metadata,
    )
