"""A table as Dagster builds it: one step that refreshes it, and the figures and check results that the step leaves."""

from collections.abc import Iterator

import dagster as dg
from pydantic import Field

from pipelines.asset_specs import asset_key, asset_spec, check_specs, column_lineage, column_schema
from pipelines.models import Model
from pipelines.preview import markdown
from pipelines.refresh import ChecksFailed, Refreshed, refresh
from pipelines.scope import stored
from pipelines.settings import Settings
from pipelines.warehouse import House, Warehouse, open_warehouse

POOL = "warehouse"  # one slot: DuckDB has one writer
PREVIEW_ROWS = 10


class RefreshConfig(dg.Config):
    """How to bring a table up to date."""

    full: bool = Field(default=False, description="true: build it from nothing, whatever is stored")


def table_assets(house: House) -> list[dg.AssetsDefinition]:
    return [_table_asset(house, model) for model in house.models.values()]


def step_name(model: Model) -> str:
    """What logs, the timeline of a run and run config call the table: `people.persons` -> people_persons."""
    return model.name.replace(".", "_")


def _table_asset(house: House, model: Model) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=step_name(model),
        description=f"Brings {model.name} up to what it reads.",
        specs=[asset_spec(model, house.config)],
        check_specs=check_specs(model),
        pool=POOL,
    )
    def build(context: dg.AssetExecutionContext, config: RefreshConfig) -> Iterator:
        with open_warehouse(Settings(), house) as warehouse:
            try:
                done = refresh(warehouse, model, config.full)
            except ChecksFailed as failed:
                yield from check_results(failed.refreshed)
                raise dg.Failure(str(failed), allow_retries=False) from failed
            context.log.info(f"{model.name}: {done.why}; {done.changed:,} rows written, {done.row_count:,} in all")
            yield dg.MaterializeResult(
                asset_key=asset_key(model.name), metadata=figures(warehouse, done) | columns(model)
            )
            yield from check_results(done)

    return build


def check_results(done: Refreshed) -> Iterator[dg.AssetCheckResult]:
    """Of a table with nothing new there are none: what was checked before still holds."""
    for each in done.checks:
        yield dg.AssetCheckResult(
            passed=not each.failed_rows,
            check_name=each.check.name,
            asset_key=asset_key(done.model.name),
            severity=dg.AssetCheckSeverity.ERROR if each.check.blocking else dg.AssetCheckSeverity.WARN,
            description=each.check.label,
            metadata={"failed_rows": each.failed_rows, "condition": each.check.condition},
        )


def figures(warehouse: Warehouse, done: Refreshed) -> dict:
    """What a refresh leaves in Dagster: plotted numbers, the reason, the last rows."""
    return {
        "dagster/row_count": done.row_count,
        "rows_written": done.changed,
        "seconds": round(done.seconds, 3),
        "ledger_position": done.position,
        "why": done.why,
        "preview": dg.MetadataValue.md(_preview(warehouse, done.model)),
    }


def columns(model: Model) -> dict:
    """Types and origins as they were at this build. Ticks leave it out: 5 KB a table, twice a minute."""
    return {"dagster/column_schema": column_schema(model), "dagster/column_lineage": column_lineage(model)}


def _preview(warehouse: Warehouse, model: Model) -> str:
    if model.header.view:
        return "a view: `trailhouse query` asks what is made of it"
    order = ", ".join(f"{name} desc" for name in model.header.grain)
    found = warehouse.connection.execute(
        f"select * from {stored(model.name)} order by {order} limit {PREVIEW_ROWS}"
    )
    return markdown([column[0] for column in found.description or []], found.fetchall())
