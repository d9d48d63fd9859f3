"""A file is a table: sql/<schema>/<table>.sql, or assets/<schema>/<table>.py where a query cannot build it well.

Loading reads the headers, takes dependencies and column lineage from the queries, and binds every query against empty
tables in memory, so a wrong name or type is refused with file and line before anything runs.
"""

import hashlib
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

import duckdb
import pyarrow as pa
from sqlglot import exp

from pipelines.models.follows import refuse_what_cannot_follow, restart_groups
from pipelines.models.header import Header, ModelError, parse_header
from pipelines.models.lineage import column_lineage, line_of, parse_query, tables_read

Base: TypeAlias = Mapping[str, pa.Table]  # `lake.events`, `ledger.batches`, `config.sources`: what no model builds
Sources: TypeAlias = list[tuple[str, str]]  # (schema.table, column)


@dataclass
class Model:
    """One table. `inputs` are `schema.table` names; `columns` name -> DuckDB type, in order; `columns_read`: those of inputs."""

    name: str
    path: Path
    text: str
    header: Header
    inputs: tuple[str, ...]
    module: ModuleType | None = None
    parsed: exp.Query | None = None
    columns: dict[str, str] = field(default_factory=dict)
    columns_read: dict[str, dict[str, str]] = field(default_factory=dict)
    groups: tuple[str, ...] = ()  # a person's rows restart by themselves for each value of these
    withheld: tuple[str, ...] = ()  # personal columns that config/publish.yaml does not publish

    @property
    def schema(self) -> str:
        return self.name.split(".")[0]

    @property
    def table(self) -> str:
        return self.name.split(".")[1]

    @cached_property
    def lineage(self) -> dict[str, Sources]:
        """Column -> what it is made of. A table built in Python hands columns on under their names, as far as can be told."""
        if self.parsed is not None:
            return column_lineage(self.parsed, self.columns_read)
        read = self.columns_read
        return {each: [(name, each) for name in read if each in read[name]] for each in self.columns}

    @property
    def code_version(self) -> str:
        """sha256 of the file's text: equal on every machine."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def parts(self, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
        """SELECTs, each of a part of the rows, from what the current catalog shows; one is run before the next is asked for.

        A Python table makes what it selects from on the way, a part at a time, so memory does not grow with the history.
        """
        return iter([self.text]) if self.module is None else self.module.query(connection)

    def store(self, connection: duckdb.DuckDBPyConnection, table: str, rows: str = "") -> None:
        """Makes `table` anew of all rows, or of `limit 0`; `temp.…` is one of the connection's own."""
        verb = f"create or replace {'temp ' * table.startswith('temp.')}table {table} as"
        for part in self.parts(connection):
            connection.execute(f"{verb} select * from ({part}\n) {rows}" if rows else f"{verb} {part}")
            verb = f"insert into {table}"


def load_models(home: Path, base: Base, scenarios: Path | None = None) -> dict[str, Model]:
    """All tables in an order in which each stands after its inputs.

    home: the folder with sql/ and assets/. scenarios: tests/sql when every table must have its folder there.
    Errors: ModelError with file and line.
    """
    models = _by_name([*_sql_models(home), *_python_models(home)])
    for model in models.values():
        _refuse_unknown_inputs(model, {*models, *base})
        if scenarios is not None:
            _refuse_without_scenario(model, scenarios)
    ordered = {name: models[name] for name in _order(models)}
    _bind(ordered, base)
    return ordered


def _by_name(found: list[Model]) -> dict[str, Model]:
    models: dict[str, Model] = {}
    for model in found:
        if model.name in models:
            raise ModelError(model.path, 1, f"{model.name} is {models[model.name].path} already; remove one of the two")
        models[model.name] = model
    return models


def _sql_models(home: Path) -> list[Model]:
    return [_sql_model(path) for path in sorted((home / "sql").glob("*/*.sql"))]


def _sql_model(path: Path) -> Model:
    text = path.read_text(encoding="utf-8")
    numbered = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("--"):
            break
        numbered.append((number, line.removeprefix("--").strip()))
    header = parse_header(path, numbered)
    if header.reads:
        raise ModelError(path, header.lines["reads"], "a query's inputs are read from the query; remove 'reads:'")
    query = parse_query(path, text)
    return Model(_name(path), path, text, header, tables_read(path, text, query), parsed=query)


def _name(path: Path) -> str:
    return f"{path.parent.name}.{path.stem}"


def _python_models(home: Path) -> list[Model]:
    """Modules under assets/ with a `query(connection)` function; what else lies there is an edge."""
    models = []
    for path in sorted((home / "assets").glob("*/*.py")):
        text = path.read_text(encoding="utf-8")
        if path.stem != "__init__" and "\ndef query(connection" in text:
            models.append(_python_model(path, text))
    return models


def _python_model(path: Path, text: str) -> Model:
    module = importlib.import_module(f"assets.{path.parent.name}.{path.stem}")
    lines = (module.__doc__ or "").splitlines()
    header = parse_header(path, [(number, line.strip()) for number, line in enumerate(lines, 1)])
    if not header.reads:
        raise ModelError(path, 1, "a table built in Python names its inputs: 'reads: <schema.table>, …'")
    return Model(_name(path), path, text, header, tuple(sorted(header.reads)), module)


def _refuse_unknown_inputs(model: Model, known: set[str]) -> None:
    for name in model.inputs:
        if name not in known:
            near = get_close_matches(name, sorted(known), n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known))}"
            raise ModelError(model.path, line_of(model.text, name), f"reads {name}, which no file defines; {hint}")


def _refuse_without_scenario(model: Model, scenarios: Path) -> None:
    folder = scenarios / model.schema / model.table
    if not any(folder.glob("*/expect.csv")):
        raise ModelError(
            model.path,
            1,
            f"no scenario; add {folder.name}/<rule>/given/*.csv and expect.csv in {folder.parent}",
        )


def _order(models: dict[str, Model]) -> list[str]:
    graph = {name: {each for each in model.inputs if each in models} for name, model in models.items()}
    try:
        return list(TopologicalSorter(dict(sorted(graph.items()))).static_order())
    except CycleError as error:
        first = models[error.args[1][0]]
        raise ModelError(
            first.path, 1, f"these tables read each other in a circle: {' -> '.join(error.args[1])}"
        ) from error


def _bind(models: dict[str, Model], base: Base) -> None:
    schemas: dict[str, dict[str, str]] = {}
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for name, table in base.items():
            create_from_arrow(connection, name, table.slice(0, 0))
            schemas[name] = _columns(connection, name)
        for model in models.values():
            _bind_one(connection, model)
            schemas[model.name] = model.columns
            model.columns_read = {name: schemas[name] for name in model.inputs}
            refuse_what_cannot_follow(model, models)
            model.groups = restart_groups(model, models)


def create_from_arrow(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """A table (and its schema) with these rows: `schema.table` in the current catalog, or `catalog.schema.table`."""
    connection.execute(f"create schema if not exists {name.rpartition('.')[0]}")
    connection.register("arrow_rows", rows)
    connection.execute(f"create or replace table {name} as select * from arrow_rows")
    connection.unregister("arrow_rows")


def _columns(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(f"describe {name}").fetchall()}


def _bind_one(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    connection.execute(f"create schema if not exists {model.schema}")
    try:
        model.store(connection, model.name, "limit 0")
    except duckdb.Error as error:
        message = str(error).splitlines()[0]
        raise ModelError(model.path, _line_of_error(model, str(error)), message) from error
    model.columns = _columns(connection, model.name)
    _refuse_unknown_columns(model)
    _bind_checks(connection, model)


def _bind_checks(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    for check in model.header.checks:
        try:
            connection.execute(f"select ({check.condition}) is true from {model.name}")
        except duckdb.Error as error:
            line = model.header.lines[f"check {check.name}"]
            raise ModelError(model.path, line, str(error).splitlines()[0]) from error


def _line_of_error(model: Model, message: str) -> int:
    """DuckDB's `LINE n:` counts from our wrapper's first line, which is the file's first line."""
    _, found, rest = message.partition("LINE ")
    number = rest.split(":")[0]
    return int(number) if found and number.isdigit() and model.module is None else 1


def _refuse_unknown_columns(model: Model) -> None:
    for name in model.header.grain:
        if name not in model.columns:
            raise ModelError(model.path, model.header.lines["grain"], f"the grain names '{name}', which is no column")
    for name in model.header.personal:
        if name not in model.columns:
            raise ModelError(model.path, model.header.lines["personal"], f"names '{name}', which is no column")
    for name in model.header.columns:
        if name not in model.columns:
            raise ModelError(
                model.path, model.header.lines[f"column {name}"], f"describes '{name}', which is no column"
            )


def inherit_meanings(models: dict[str, Model]) -> None:
    """A column handed on under its name means what it meant: describe it once, where it is made. For who shows columns."""
    for model in models.values():
        for column in model.columns:
            for name, source in model.lineage.get(column, []):
                if source == column and name in models and column in models[name].header.columns:
                    model.header.columns.setdefault(column, models[name].header.columns[column])
