"""A model as Dagster sees it: an asset with its checks, its column schema and lineage, and after each build its figures."""

from collections.abc import Iterator

import dagster as dg

from pipelines.config import Config
from pipelines.header import Check
from pipelines.models import Model
from pipelines.preview import markdown
from pipelines.refresh import ChecksFailed, Refreshed, checks_of, refresh
from pipelines.scope import stored
from pipelines.settings import Settings
from pipelines.warehouse import House, Warehouse, open_warehouse

POOL = "warehouse"  # one slot: DuckDB has one writer
PREVIEW_ROWS = 10


class RefreshConfig(dg.Config):
    """How to bring a table up to date."""

    full: bool = False  # true: build it from nothing, whatever is stored


def asset_key(name: str) -> dg.AssetKey:
    """`schema.table` -> schema/table."""
    return dg.AssetKey(name.split("."))


def table_assets(house: House) -> list[dg.AssetsDefinition]:
    return [_table_asset(house, model) for model in house.models.values()]


def _table_asset(house: House, model: Model) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=model.name.replace(".", "__"),
        specs=[asset_spec(model, house.config)],
        check_specs=[_check_spec(model, check) for check in checks_of(model)],
        pool=POOL,
    )
    def build(context: dg.AssetExecutionContext, config: RefreshConfig) -> Iterator:
        with open_warehouse(Settings(), house) as warehouse:
            try:
                done = refresh(warehouse, model, config.full)
            except ChecksFailed as failed:
                yield from check_results(failed.refreshed)
                raise dg.Failure(str(failed), allow_retries=False) from failed
            context.log.info(f"{model.name}: {done.why}; {done.changed} rows written, {done.row_count} in all")
            yield dg.MaterializeResult(asset_key=asset_key(model.name), metadata=figures(warehouse, done))
            yield from check_results(done)

    return build


def asset_spec(model: Model, config: Config) -> dg.AssetSpec:
    return dg.AssetSpec(
        asset_key(model.name),
        deps=[asset_key(name) for name in upstream(model)],
        description=model.header.description,
        group_name=model.schema,
        owners=[config.house.owner],
        kinds={"duckdb", "sql" if model.module is None else "python"},
        tags={"refreshed_by": model.header.by or "view" if model.header.view else model.header.by or "whole"}
        | ({"public": "yes"} if model.header.public else {}),
        code_version=model.code_version,
        metadata=_definition_metadata(model),
    )


BASE_ASSETS = {"lake": "lake.batches", "ledger": "lake.batches"}


def upstream(model: Model) -> list[str]:
    """Asset names it depends on: tables, and the log's asset for what is read from lake and ledger. Config is no asset."""
    found = {BASE_ASSETS.get(name.split(".")[0], name) for name in model.inputs if not name.startswith("config.")}
    return sorted(found)


def _definition_metadata(model: Model) -> dict:
    reference = dg.LocalFileCodeReference(file_path=str(model.path), line_number=1, label=model.path.name)
    metadata = {
        "dagster/column_schema": _column_schema(model),
        "dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[reference]),
        "grain": ", ".join(model.header.grain),
    }
    return metadata | ({"query": dg.MetadataValue.md(f"```sql\n{model.text}\n```")} if model.module is None else {})


def _column_schema(model: Model) -> dg.TableSchema:
    meanings = model.header.columns
    columns = [dg.TableColumn(name, kind, meanings.get(name)) for name, kind in model.columns.items()]
    return dg.TableSchema(columns=columns)


def _column_lineage(model: Model) -> dg.TableColumnLineage:
    deps = {
        column: [
            dg.TableColumnDep(asset_key=asset_key(name), column_name=source)
            for name, source in sources
            if name.split(".")[0] not in {*BASE_ASSETS, "config"}
        ]
        for column, sources in model.lineage.items()
    }
    return dg.TableColumnLineage(deps)


def _check_spec(model: Model, check: Check) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        check.name,
        asset=asset_key(model.name),
        blocking=check.blocking,
        description=f"{check.label}: {check.condition}",
    )


def check_results(done: Refreshed) -> Iterator[dg.AssetCheckResult]:
    for each in done.checks:
        yield dg.AssetCheckResult(
            passed=not each.failed_rows,
            check_name=each.check.name,
            asset_key=asset_key(done.model.name),
            severity=dg.AssetCheckSeverity.ERROR if each.check.blocking else dg.AssetCheckSeverity.WARN,
            metadata={"failed_rows": each.failed_rows, "condition": each.check.condition},
        )


def figures(warehouse: Warehouse, done: Refreshed, preview: bool = True) -> dict:
    """What a refresh leaves in Dagster: plotted numbers, the reason, column lineage, the first rows."""
    metadata: dict = {
        "dagster/row_count": done.row_count,
        "rows_written": done.changed,
        "seconds": round(done.seconds, 3),
        "why": done.why,
        "ledger_position": done.position,
        "dagster/column_schema": _column_schema(done.model),
        "dagster/column_lineage": _column_lineage(done.model),
    }
    if preview and not done.model.header.view:
        metadata["preview"] = dg.MetadataValue.md(_preview(warehouse, done.model))
    return metadata


def _preview(warehouse: Warehouse, model: Model) -> str:
    order = ", ".join(model.header.grain)
    found = warehouse.connection.execute(
        f"select * from {stored(model.name)} order by {order} desc limit {PREVIEW_ROWS}"
    )
    return markdown([column[0] for column in found.description or []], found.fetchall())
