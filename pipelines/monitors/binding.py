"""Monitors' queries are bound against empty tables where the house loads: a wrong name is refused with file and line."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipelines.config.monitors import Monitor
from pipelines.config.yaml_lines import ConfigError, YamlFile, nearest
from pipelines.models import Model
from pipelines.models.header import ModelError
from pipelines.models.lineage import parse_query, tables_read

SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def tables_of(monitor: Monitor) -> tuple[str, ...]:
    """`schema.table` of what its query reads of the warehouse. Errors: ModelError for what is no SELECT."""
    query = monitor.what.query
    if query is None or monitor.what.database is not None:
        return ()
    path = Path("config/monitors.yaml")
    return tables_read(path, query, parse_query(path, query))


def refuse_unbound(path: Path, monitors: dict[str, Monitor], models: dict[str, Model]) -> None:
    """Errors: ConfigError with file and line, for a table that is not public, and for what does not bind."""
    asked = {name: each for name, each in monitors.items() if needs_binding(each)}
    if not asked:
        return
    public = {name: model for name, model in models.items() if model.header.public}
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for model in public.values():
            columns = ", ".join(f'"{name}" {kind}' for name, kind in model.columns.items())
            connection.execute(f"create schema if not exists {model.schema}; create table {model.name} ({columns})")
        for name, monitor in asked.items():
            if wrong := _wrong(connection, monitor, public):
                raise _error(path, name, wrong)


def needs_binding(monitor: Monitor) -> bool:
    return monitor.what.query is not None and monitor.what.database is None


def _wrong(connection: duckdb.DuckDBPyConnection, monitor: Monitor, public: dict[str, Model]) -> str | None:
    try:
        for table in tables_of(monitor):
            if table not in public:
                return f"'{table}' is no public table; {nearest(table, public)}"
        given = {"as_of": SOME_TIME, "today": SOME_TIME.date()}
        used = {name: value for name, value in given.items() if f"${name}" in (monitor.what.query or "")}
        found = connection.execute(f"select * from ({monitor.what.query}\n) limit 0", used).description or []
    except ModelError as error:
        return str(error).split(": ", 1)[-1]
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    return _missing(monitor, {column[0]: str(column[1]) for column in found})


def _missing(monitor: Monitor, columns: dict[str, str]) -> str | None:
    condition = monitor.condition
    person = (monitor.person,) if monitor.person else ()
    for name in ("value", *monitor.what.labels, *(condition.columns if condition else ()), *person):
        if name not in columns:
            return f"the query gives no column '{name}'; {nearest(name, columns)}"
    return None


def _error(path: Path, name: str, wrong: str) -> ConfigError:
    return YamlFile(path).error(("monitors", name, "what", "query"), f"monitor '{name}': {wrong}")
