"""The published copy: one Parquet file per public table beside a catalog of views, for readers of every kind."""

import dagster as dg

from pipelines.asset_specs import asset_key
from pipelines.house import HOUSE
from pipelines.published import publish
from pipelines.settings import Settings
from pipelines.tables import POOL
from pipelines.warehouse import open_warehouse

PUBLIC = [model.name for model in HOUSE.models.values() if model.header.public]


@dg.asset(
    key=["published", "catalog"],
    deps=[asset_key(name) for name in PUBLIC],
    group_name="published",
    owners=[HOUSE.config.house.owner],
    kinds={"parquet", "duckdb"},
    pool=POOL,
    description="One row per public table: its file in data/published/, replaced whole, beside catalog.duckdb with a view of "
    "each. `trailhouse query` and Grafana read it and nothing else.",
)
def catalog(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    with open_warehouse(Settings(), HOUSE) as warehouse:
        rows = publish(warehouse)
    table = "\n".join(
        ["| table | rows |", "| --- | ---: |", *[f"| {name} | {count:,} |" for name, count in rows.items()]]
    )
    return dg.MaterializeResult(metadata={"dagster/row_count": len(rows), "tables": dg.MetadataValue.md(table)})
