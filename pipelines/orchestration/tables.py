"""A table as Dagster builds it: one step that refreshes it and says what came of it."""

from collections.abc import Iterator

import dagster as dg
from pydantic import Field

from pipelines.models import Model
from pipelines.orchestration.asset_specs import asset_key, asset_spec, check_specs, column_lineage
from pipelines.orchestration.evidence import check_results, failed_check_results, figures
from pipelines.refresh import ChecksFailed, refresh
from pipelines.settings import Settings
from pipelines.warehouse import House, open_warehouse

POOL = "warehouse"  # one slot: DuckDB has one writer


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
                yield from failed_check_results(failed.refreshed)
                raise dg.Failure(str(failed), allow_retries=False) from failed
            context.log.info(f"{model.name}: {done.why}; {done.changed:,} rows written")
            metadata = figures(warehouse, done) | {"dagster/column_lineage": column_lineage(model)}
            yield dg.MaterializeResult(asset_key=asset_key(model.name), metadata=metadata)
            yield from check_results(warehouse, model)

    return build
