"""A query of a panel, an annotation or an alert rule, as both SQL data sources take it."""

import textwrap
from dataclasses import dataclass
from typing import Any, Self

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.runtime import DataqueryConfig, register_dataquery_variant
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef

from pipelines.grafana.engines import ENGINES, UID, Engine

SOURCE = f"${{{UID}}}"  # the dashboard's variable that chooses among data sources of the same kind


@dataclass
class SqlQuery(Dataquery):
    """Rows come as they are; what they mean is said by the panel. Errors: TypeError of a key that is not known."""

    datasource: dict[str, str]
    editorMode: str
    format: int | str
    rawQuery: bool
    rawSql: str
    refId: str

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**data)


class Query(Builder[SqlQuery]):
    """source: uid of the data source, or a variable of the dashboard that holds it."""

    def __init__(self, engine: Engine, sql: str, ref: str = "A", source: str = SOURCE) -> None:
        datasource = {"type": engine.plugin, "uid": source}
        self._query = SqlQuery(datasource, "code", engine.table_format, True, textwrap.dedent(sql).strip(), ref)

    def build(self) -> SqlQuery:
        return self._query


def source_of(engine: Engine) -> DataSourceRef:
    return DataSourceRef(type_val=engine.plugin, uid=SOURCE)


for _engine in ENGINES.values():
    register_dataquery_variant(DataqueryConfig(_engine.plugin, SqlQuery.from_json))
