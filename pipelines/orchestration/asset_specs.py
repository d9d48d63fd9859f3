"""A table as Dagster shows it before it is built: its asset, its checks, its columns and what they are made of."""

from datetime import timedelta

import dagster as dg
import pyarrow as pa

from pipelines.config import Config
from pipelines.models import Model, Sources
from pipelines.models.header import Check
from pipelines.refresh import checks_of

BATCHES, EVENTS = dg.AssetKey(["lake", "batches"]), dg.AssetKey(["lake", "events"])
LOGGED = {"lake.events": EVENTS, "ledger.batches": BATCHES}  # what stands behind a name that no model defines

# A house without a single new record for a day is worth a look, for two days a fault.
FRESHNESS = dg.FreshnessPolicy.time_window(warn_window=timedelta(days=1), fail_window=timedelta(days=2))


def asset_key(name: str) -> dg.AssetKey:
    """`schema.table` -> schema/table; a name of lake, ledger -> the asset that brings it."""
    return LOGGED.get(name, dg.AssetKey(name.split(".")))


def asset_spec(model: Model, config: Config) -> dg.AssetSpec:
    return dg.AssetSpec(
        asset_key(model.name),
        deps=upstream(model),
        description=shown(model.header.description),
        group_name=model.schema,
        owners=[config.house.owner],
        kinds={"duckdb", "sql" if model.module is None else "python", *(["view"] if model.header.view else [])},
        tags={"refreshed_by": refreshed_by(model), "public": "yes" if model.header.public else "no"},
        code_version=model.code_version,
        metadata=_metadata(model),
        freshness_policy=FRESHNESS if model.header.public else None,
    )


def refreshed_by(model: Model) -> str:
    return model.header.by or ("view" if model.header.view else "whole")


def upstream(model: Model) -> list[dg.AssetKey]:
    """The tables it reads; what reads the log waits for the batch as well as for its events. Config is no asset."""
    names = [name for name in model.inputs if not name.startswith("config.")]
    keys = {BATCHES if _is_logged(name) else asset_key(name) for name in names}
    return sorted(keys | {LOGGED[name] for name in names if name in LOGGED})


def _is_logged(name: str) -> bool:
    return name.split(".")[0] in ("lake", "ledger")


def check_specs(model: Model) -> list[dg.AssetCheckSpec]:
    return [_check_spec(model, check) for check in checks_of(model)]


def _check_spec(model: Model, check: Check) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        check.name,
        asset=asset_key(model.name),
        blocking=check.blocking,
        description=f"{shown(check.label)}: `{check.condition}`",
    )


def _metadata(model: Model) -> dict:
    reference = dg.LocalFileCodeReference(file_path=str(model.path), line_number=1, label=model.path.name)
    query = {} if model.module else {"query": dg.MetadataValue.md(f"```sql\n{model.text}\n```")}
    return {
        "dagster/table_name": model.name,
        "dagster/column_schema": column_schema(model),
        "dagster/column_lineage": column_lineage(model),
        "dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[reference]),
        "grain": ", ".join(model.header.grain),
        "columns": dg.MetadataValue.md(_columns_and_origins(model)),
        **query,
    }


def column_schema(model: Model) -> dg.TableSchema:
    columns = [_column(model, name, kind) for name, kind in model.columns.items()]
    return dg.TableSchema(columns=columns)


def _column(model: Model, name: str, kind: str) -> dg.TableColumn:
    is_grain = name in model.header.grain
    rules = dg.TableColumnConstraints(nullable=not is_grain, unique=model.header.grain == (name,))
    meaning = model.header.columns.get(name)
    return dg.TableColumn(name, kind, meaning and shown(meaning), rules, {"grain": ""} if is_grain else None)


def column_lineage(model: Model) -> dg.TableColumnLineage:
    return dg.TableColumnLineage({column: _origins(sources) for column, sources in model.lineage.items()})


def _origins(sources: Sources) -> list[dg.TableColumnDep]:
    visible = [(name, column) for name, column in sources if not _is_logged(name) or name in LOGGED]
    tables = [(asset_key(name), column) for name, column in visible if not name.startswith("config.")]
    return [dg.TableColumnDep(key, column) for key, column in tables]


def _columns_and_origins(model: Model) -> str:
    """Where each column comes from, readable: the open-source UI draws no graph of columns."""
    lines = ["| column | made of |", "| --- | --- |"]
    for column in model.columns:
        origins = ", ".join(f"`{name}.{source}`" for name, source in model.lineage.get(column, []))
        lines.append(f"| `{column}` | {origins or '–'} |")
    return "\n".join(lines)


def columns_of(schema: pa.Schema, meanings: dict[str, str]) -> dg.TableSchema:
    """The columns of an Arrow schema, as Dagster shows them."""
    columns = [dg.TableColumn(each.name, str(each.type), shown(meanings.get(each.name, ""))) for each in schema]
    return dg.TableSchema(columns=columns)


def shown(text: str) -> str:
    """Prose where Dagster reads Markdown: `<id>` would be taken for HTML, and left out."""
    return text.replace("<", "\\<").replace(">", "\\>")
