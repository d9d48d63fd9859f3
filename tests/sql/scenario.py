"""A scenario is a folder named after a rule: given/<schema>.<table>.csv, and in expect.csv what the table then holds.

Only columns that matter are written: a missing one is null, a missing table is empty, a missing config.* is the one in
tests/sql/config/. An empty cell is null, '' is the empty text; lists and structs are JSON. expect.csv is ordered by grain.
"""

import csv
from pathlib import Path
from typing import TypeAlias

import duckdb

from pipelines.models import Base, Model

DEFAULTS = Path(__file__).parent / "config"
EMPTY_TEXT = "''"

Columns: TypeAlias = dict[str, str]  # name -> DuckDB type
Row: TypeAlias = dict[str, str | None]


def run(model: Model, models: dict[str, Model], base: Base, folder: Path) -> tuple[list[Row], list[Row]]:
    """Returns (expected, found), each value as DuckDB writes it. Errors: AssertionError for a table the query does not read."""
    given = {path.stem: path for path in sorted((folder / "given").glob("*.csv"))}
    assert set(given) <= set(model.inputs), (
        f"{model.name} reads {model.inputs}, not {sorted(set(given) - set(model.inputs))}"
    )
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for name in model.inputs:
            _create(connection, name, _types(connection, name, models, base))
            _fill(connection, name, given.get(name, DEFAULTS / f"{name}.csv"))
        model.store(connection, "temp.found")
        _assert_promises(connection, model)
        expected = _expected(connection, model, folder / "expect.csv")
        columns, _ = _read(folder / "expect.csv")
        return expected, _texts(connection, "found", columns, f"order by {', '.join(model.header.grain)}")


def _types(connection: duckdb.DuckDBPyConnection, name: str, models: dict[str, Model], base: Base) -> Columns:
    if name in models:
        return models[name].columns
    connection.register("bound", base[name])
    return {row[0]: row[1] for row in connection.execute("describe bound").fetchall()}


def _create(connection: duckdb.DuckDBPyConnection, name: str, types: Columns) -> None:
    columns = ", ".join(f'"{column}" {kind}' for column, kind in types.items())
    connection.execute(f"create schema if not exists {name.split('.')[0]}; create table {name} ({columns})")


def _read(path: Path) -> tuple[list[str], list[Row]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        rows = [{name: _cell(text) for name, text in row.items()} for row in reader]
        return list(reader.fieldnames or []), rows


def _cell(text: str | None) -> str | None:
    assert text is not None, "a row has fewer cells than the first line"
    return "" if text == EMPTY_TEXT else text or None


def _fill(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    if not path.exists():
        return
    kinds = {row[0]: row[1] for row in connection.execute(f"describe {name}").fetchall()}
    columns, rows = _read(path)
    names, values = ", ".join(f'"{each}"' for each in columns), ", ".join(_cast(kinds[each]) for each in columns)
    for row in rows:
        _assert_whole(row, kinds)
        connection.execute(f"insert into {name} ({names}) values ({values})", list(row.values()))


def _assert_whole(row: Row, kinds: Columns) -> None:
    """A cast would round 0.25 in silence, and a column that lost its fraction would look right. Errors: ValueError."""
    for column, text in row.items():
        if text is not None and kinds[column].endswith("INT"):
            int(text)


def _cast(kind: str) -> str:
    return f"cast(cast(? as json) as {kind})" if kind.endswith(("]", ")")) else f"cast(? as {kind})"


def _expected(connection: duckdb.DuckDBPyConnection, model: Model, path: Path) -> list[Row]:
    _create(connection, "scenario.expected", model.columns)
    _fill(connection, "scenario.expected", path)
    return _texts(connection, "scenario.expected", _read(path)[0], "order by rowid")


def _texts(connection: duckdb.DuckDBPyConnection, relation: str, columns: list[str], order: str) -> list[Row]:
    texts = ", ".join(f'cast("{column}" as varchar)' for column in columns)
    found = connection.execute(f"select {texts} from {relation} {order}").fetchall()
    return [dict(zip(columns, row, strict=True)) for row in found]


def _assert_promises(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """The grain and the blocking checks hold in every scenario too."""
    for check in model.header.checks:
        broken = connection.execute(f"from found where ({check.condition}) is not true").fetchall()
        assert not (check.blocking and broken), f"{check.label}: {broken}"
    grain = ", ".join(model.header.grain)
    twice = connection.execute(f"select {grain} from found group by all having count(*) > 1").fetchall()
    assert not twice, f"not one row per {grain}: {twice}"
