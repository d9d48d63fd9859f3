"""Which published tables are written again, and how much of each: a table that can tell what changed is brought on by that."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace

import duckdb

from pipelines.models import Model
from pipelines.models.follows import behind, told_by
from pipelines.models.header import PERSON
from pipelines.moments import utc
from pipelines.published.files import CHANGED, Said, replace_parts, served_columns, standing, which_rows, write_table
from pipelines.refresh.checks import count
from pipelines.warehouse import Warehouse, is_cut_by_batch, is_damage
from pipelines.warehouse.scope import stored
from pipelines.warehouse.state import HOUSE


def publish_tables(warehouse: Warehouse, models: Mapping[str, Model]) -> dict[str, int]:
    """Brings a file each to what its table is; it is replaced where something changed. Returns {table: rows}.

    Errors: OSError, duckdb.Error.
    """
    before = standing(warehouse.settings.published_folder)
    generation = 1 + max((said.generation for said in before.values()), default=0)
    return {name: _Table(warehouse, model, generation, before.get(name)).publish() for name, model in models.items()}


def position_of(warehouse: Warehouse, model: Model) -> int:
    state = warehouse.state.table(model.name)
    return state.position if state else 0


class _Table:
    """before: what the file that stands there says."""

    def __init__(self, warehouse: Warehouse, model: Model, generation: int, before: Said | None) -> None:
        self._warehouse, self._model, self._connection = warehouse, model, warehouse.connection
        self._folder, self._columns = warehouse.settings.published_folder, served_columns(model)
        self._before, self._position = before, position_of(warehouse, model)
        as_of = warehouse.ledger.as_of(self._position)
        moment = None if as_of is None else utc(as_of).replace(tzinfo=None)
        self._said = Said(model.name, generation, 0, self._position, moment, model.code_version, self._made_of())

    def _made_of(self) -> str:
        """With the position it decides the rows: as long as both are equal, so are they."""
        state = self._warehouse.state.table(self._model.name)
        built = state and [state.build, state.definition, state.inputs]
        said = json.dumps([self._warehouse.state.warehouse_id, built, self._columns], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()

    def publish(self) -> int:
        """Returns how many rows stand there."""
        before = self._before if self._before and self._before.made_of == self._said.made_of else None
        if before and before.ledger_position == self._position and not self._reads_what_no_batch_brings():
            return before.row_count
        self._relation = self._show()
        self._said = replace(self._said, row_count=count(self._connection, self._relation))
        self._connection.execute("set preserve_insertion_order = true")
        told = before if before and self._can_tell(before.ledger_position) else None
        if told:
            self._find_changed_parts(told.ledger_position)
        if not (told and self._replace_parts(told)):
            write_table(self._connection, self._folder, self._query(), self._said, told)
        return self._said.row_count

    def _reads_what_no_batch_brings(self) -> bool:
        """Of the ledger, as a view: what monitors saw, say. No position tells whether that changed."""
        read = behind(self._model.name, self._warehouse.models)
        return any(name.startswith("ledger.") and not is_cut_by_batch(name) for name in read)

    def _show(self) -> str:
        """Where the rows are read. Nothing of a view is stored: its query is put over the tables as they stand."""
        if not self._model.header.view:
            return stored(self._model.name)
        self._warehouse.show((self._model.name,), upto=self._position)
        return self._model.name

    def _query(self, of: str = "") -> str:
        columns = ", ".join(f'cast(rows."{name}" as {kind}) as "{name}"' for name, kind in self._columns.items())
        order = ", ".join(f"rows.{name}" for name in self._model.header.grain)
        return f"select {columns} from {self._relation} as rows {of} order by {order}"

    # ---- by parts: of a person all rows from a moment on

    def _can_tell(self, position: int) -> bool:
        """Whether the log of changes still has all since then, and rows can be told by what is shown of them."""
        told, start = told_by(self._model, self._warehouse.models), self._model.header.start
        return bool(told) and {PERSON, start} <= set(self._columns) and position >= self._warehouse.state.forgotten_upto

    def _find_changed_parts(self, after: int) -> None:
        """As the tables stand: one that a view reads may be further than the view's own position."""
        names = ", ".join(f"'{name}'" for name in told_by(self._model, self._warehouse.models))
        self._connection.execute(f"""
            create or replace temp table {CHANGED} as
            select person_id, cast(min(since) as timestamp) as since
            from {HOUSE}.changed_persons
            where name in ({names}) and batch > {after}
            group by person_id""")

    def _replace_parts(self, before: Said) -> bool:
        """Whether that did; else the whole must be written: too much changed, or the old file is damaged."""
        which = which_rows(self._connection, CHANGED, self._model.header.start or "")
        query = self._query(f"join {CHANGED} as parts on {which}")
        try:
            return replace_parts(self._connection, self._folder, query, self._said, before, which)
        except duckdb.Error as error:
            if not is_damage(error):
                raise
        return False
