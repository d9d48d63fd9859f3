"""The published copy: one file per public table beside a catalog of views, for readers of every kind."""

import dagster as dg

from pipelines.house import HOUSE
from pipelines.orchestration.asset_specs import FRESHNESS, asset_key
from pipelines.orchestration.runs import note_runs
from pipelines.orchestration.tables import POOL
from pipelines.published import publish
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse

PUBLIC = [model.name for model in HOUSE.models.values() if model.header.public]

CATALOG_SPEC = dg.AssetSpec(
    ["published", "catalog"],
    deps=[asset_key(name) for name in PUBLIC],
    group_name="published",
    owners=[HOUSE.config.house.owner],
    kinds={"duckdb"},
    tags={"refreshed_by": "whole", "public": "yes"},
    freshness_policy=FRESHNESS,
    description="One row per public table: its file in data/published/, replaced in one step, beside catalog.duckdb with a view "
    "of each. `trailhouse query` and Grafana read it and nothing else.",
)


@dg.multi_asset(name="published_catalog", specs=[CATALOG_SPEC], pool=POOL, description="Publishes every public table.")
def catalog(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    with open_warehouse(Settings(), HOUSE) as warehouse:
        note_runs(context.instance, warehouse.ledger)
        rows = publish(warehouse)
    lines = ["| table | rows |", "| --- | ---: |", *(f"| {name} | {count:,} |" for name, count in rows.items())]
    metadata = {"dagster/row_count": len(rows), "tables": dg.MetadataValue.md("\n".join(lines))}
    return dg.MaterializeResult(metadata=metadata)
