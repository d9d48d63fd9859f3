"""The in-memory catalog in which a table's text runs: every name it reads is a view there, whole or cut to a part.

Nothing in the text is rewritten: `use scope` decides what `journeys.events` means.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from pipelines.lake import Segment
from pipelines.models import Model, create_from_arrow

SCOPE = "scope"
WAREHOUSE = "warehouse"


def stored(name: str) -> str:
    """Where a table of the warehouse lies."""
    return f"{WAREHOUSE}.{name}"


@dataclass(frozen=True, slots=True)
class Lake:
    """The log as of one ledger position. `segments`: kind -> rows of the ledger.

    `tables`: name -> SELECT of the rows of a small table of the ledger or the config.
    `cuts`: kind -> condition that keeps other batches out, where a compacted segment has some.
    """

    folder: str
    segments: dict[str, list[Segment]]
    tables: dict[str, str]
    schemas: dict[str, pa.Schema]
    cuts: dict[str, str] = field(default_factory=dict)


def number_cut(segments: Iterable[Segment], number: str, after: int, upto: int, held: Collection[int]) -> str:
    """Rows of batches in (after, upto] and of `held`; '' where whole segments are just that. `number`: their first column.

    It is written as bounds of the number, so that row groups outside of them are not read.
    """
    mixed = [each for each in segments if each.first_batch != each.last_batch]
    if all(after < each.first_batch and each.last_batch <= upto for each in mixed):
        return ""
    is_held = f" or {number} >> 32 in ({', '.join(map(str, sorted(held)))})" if held else ""
    return f"{number} < {(upto + 1) << 32} and ({number} >= {(after + 1) << 32}{is_held})"


class Scope:
    """Builds the catalog for one model on one connection.

    Cuts: {name: template of a query}, for what is stored; `{rows}` in it stands for the whole of it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, lake: Lake, models: dict[str, Model]) -> None:
        self._connection, self._lake, self._models = connection, lake, models
        self._put: set[str] = set()
        connection.execute(f"use memory; detach database if exists {SCOPE}; attach ':memory:' as {SCOPE}; use {SCOPE}")

    def show(self, names: tuple[str, ...], cuts: Mapping[str, str]) -> None:
        """Puts every name and what views behind it read. Afterwards the connection uses the scope."""
        for name in names:
            if name not in self._put:
                self._put.add(name)
                self._connection.execute(f"create schema if not exists {name.split('.')[0]}")
                self._show_one(name, cuts)

    def _show_one(self, name: str, cuts: Mapping[str, str]) -> None:
        model = self._models.get(name)
        if model is None:
            self._show_base(name, cuts.get(name))
        elif model.header.view:
            self.show(model.inputs, cuts)
            self._connection.execute(f"create view {name} as {model.text}")
        else:
            self._create_view(name, stored(name), cuts.get(name))

    def _show_base(self, name: str, cut: str | None) -> None:
        schema, kind = name.split(".")
        if schema == "lake":
            other_batches = self._lake.cuts.get(kind)
            rows = self._read(kind) + (f" where {other_batches}" if other_batches else "")
            self._create_view(name, f"({rows})", cut)
        else:
            self._create_view(name, f"({self._lake.tables[name]})", cut)

    def _read(self, kind: str) -> str:
        paths = [f"'{self._lake.folder}/{segment.path}'" for segment in self._lake.segments[kind]]
        if paths:
            return f"select * from read_parquet([{', '.join(paths)}], hive_partitioning = false)"
        create_from_arrow(self._connection, f"lake.no_{kind}", self._lake.schemas[kind].empty_table())
        return f"select * from lake.no_{kind}"

    def _create_view(self, name: str, rows: str, cut: str | None) -> None:
        query = cut.format(rows=rows) if cut else f"select * from {rows}"
        self._connection.execute(f"create view {name} as {query}")
