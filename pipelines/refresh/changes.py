"""The log of what changed: for whom and from which moment, and on which dates. Tables by person and by date follow it.

A refresh compares the rows it replaces (temp.old_rows) with those that take their place (temp.new_rows), so a row that was
computed again and came out equal is no change, and nothing follows from it.
"""

import duckdb

from pipelines.models import Model
from pipelines.models.follows import followed, tells_persons, told_by
from pipelines.models.header import PERSON
from pipelines.refresh.checks import count
from pipelines.warehouse.state import HOUSE

ALWAYS = "cast('-infinity' as timestamptz)"  # a row without a start may change all of its person's history


class Changes:
    """What one table tells those that read it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, model: Model, models: dict[str, Model]) -> None:
        self._connection, self._model = connection, model
        readers = {other.header.by for other in models.values() if model.name in followed(other, models)}
        self._tells_persons = tells_persons(model) and (PERSON in readers or self._is_published(models))
        self._tells_dates = "local_date" in readers and model.header.date is not None

    def _is_published(self, models: dict[str, Model]) -> bool:
        """The published copy follows it too."""
        public = (other for other in models.values() if other.header.public)
        return any(self._model.name in told_by(other, models) for other in public)

    @property
    def are_read(self) -> bool:
        return self._tells_persons or self._tells_dates

    def log(self, position: int) -> None:
        """Call it inside the transaction that replaces the rows, before they are replaced."""
        if not self.are_read:
            return
        changed = self._changed_rows()
        if self._tells_persons:
            self._log_persons(position, changed)
        if self._tells_dates:
            self._connection.execute(f"""
                insert into {HOUSE}.changed_dates
                select distinct '{self._model.name}', {position}, {self._model.header.date} from {changed}""")

    def _changed_rows(self) -> str:
        """Where they stand: what replaces nothing needs no comparison."""
        if not count(self._connection, "temp.old_rows"):
            return "temp.new_rows"
        columns = ", ".join(self._model.columns)
        self._connection.execute(f"""
            create or replace temp table changes as
            select {columns}
            from (
                select {columns}, -1 as row_sign from temp.old_rows union all select {columns}, 1 as row_sign from temp.new_rows)
            group by {columns}
            having sum(row_sign) <> 0""")
        return "temp.changes"

    def _log_persons(self, position: int, changed: str) -> None:
        moment = self._model.header.start or ALWAYS
        also = getattr(self._model.module, "also_changed", None)
        more = f"union all {also(self._connection, changed)}" if also else ""
        self._connection.execute(f"""
            insert into {HOUSE}.changed_persons
            select '{self._model.name}', {position}, person_id, min(changed_at)
            from (select person_id, {moment} as changed_at from {changed} {more})
            group by person_id""")
