"""Monitors' queries are bound against empty tables where the house loads: a wrong name is refused with file and line."""

from collections.abc import Collection, Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from pipelines.config.monitors import Monitor
from pipelines.config.yaml_lines import YamlFile, nearest
from pipelines.contract import Contract, ContractError
from pipelines.models import Model
from pipelines.models.lineage import parse_query, tables_read

FILE = Path("config/monitors.yaml")
SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def tables_of(monitor: Monitor) -> tuple[str, ...]:
    """`schema.table` of what its query reads of the warehouse. Errors: ModelError for what is no SELECT."""
    return tables_of_query(monitor.what.query) if asks_warehouse(monitor) and monitor.what.query else ()


@cache
def tables_of_query(query: str) -> tuple[str, ...]:
    """The same of a query's text, which is parsed once in a process."""
    return tables_read(FILE, query, parse_query(FILE, query))


def asks_warehouse(monitor: Monitor) -> bool:
    return monitor.what.query is not None and monitor.what.database is None


def refuse_unbound(path: Path, monitors: Mapping[str, Monitor], models: Mapping[str, Model]) -> None:
    """Errors: ConfigError with file and line, for a table that is not public, and for what does not bind."""
    asked = {name: each for name, each in monitors.items() if asks_warehouse(each)}
    if not asked:
        return
    file = YamlFile(path)
    with closing(Contract(models, is_served=False)) as contract:
        for name, monitor in asked.items():
            where = ("monitors", name, "what", "query")
            try:
                columns = contract.columns(monitor.what.query or "", {"as_of": SOME_TIME, "today": SOME_TIME.date()})
            except ContractError as error:
                raise file.error(where, f"monitor '{name}': {error}", error.line) from error
            if missing := _missing(monitor, columns):
                raise file.error(where, f"monitor '{name}': {missing}")


def _missing(monitor: Monitor, columns: Collection[str]) -> str | None:
    condition = monitor.condition
    person = (monitor.person,) if monitor.person else ()
    for name in ("value", *monitor.what.labels, *(condition.columns if condition else ()), *person):
        if name not in columns:
            return f"the query gives no column '{name}'; {nearest(name, columns)}"
    return None
