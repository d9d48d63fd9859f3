"""Brings one table to the ledger's position: rebuilt whole, or only the part that the new batches touched.

Law: whatever the split into batches, the result equals one build from nothing. What is a part stands in cuts.py, who hears
of it in changes.py, what is checked before rows are taken in checks.py.
"""

import time
from dataclasses import dataclass, field

from pipelines.errors import TrailhouseError
from pipelines.models import Model
from pipelines.models.follows import reads
from pipelines.models.header import PERSON
from pipelines.refresh.changes import Changes
from pipelines.refresh.checks import CheckResult, check_rows, checks_of, count, nothing_to_check
from pipelines.refresh.cuts import PARTS, Cut, TouchedPersons
from pipelines.warehouse import Warehouse, is_cut_by_batch
from pipelines.warehouse.scope import stored
from pipelines.warehouse.state import TableState, definition_of

__all__ = ["ChecksFailed", "InputNotBuilt", "Refreshed", "checks_of", "refresh"]

MOVED_ON = "rebuilt whole: its inputs moved on"


@dataclass(slots=True)
class Refreshed:
    """What a refresh did. `changed`: rows written. `why`: one sentence. `failed`: a blocking check kept the old rows.

    `row_count`: None of a view of which only the touched persons' rows were looked at, for counting it means computing it.
    """

    model: Model
    why: str
    row_count: int | None
    changed: int
    position: int
    seconds: float = 0.0
    checks: list[CheckResult] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        return any(each.failed_rows and each.check.blocking for each in self.checks)


def refresh(warehouse: Warehouse, model: Model, full: bool = False) -> Refreshed:
    """Brings `model` up to its inputs. `full` asks for a build from nothing.

    Errors: InputNotBuilt; ChecksFailed, which leaves the table as it was; duckdb.Error of the query.
    """
    started = time.perf_counter()
    done = _Refresh(warehouse, model).run(full)
    done.seconds = time.perf_counter() - started
    return done


class _Refresh:
    def __init__(self, warehouse: Warehouse, model: Model) -> None:
        self.warehouse, self.model = warehouse, model
        self.connection, self.state = warehouse.connection, warehouse.state
        self.stored = stored(model.name)
        self.definition = definition_of(model, warehouse.models, warehouse.config_tables)
        self.before = self.state.table(model.name)
        self.reads = sorted(reads(model, warehouse.models))
        stored_inputs = {name: self._built(name) for name in self.reads if name in warehouse.models}
        self.inputs = {name: state.build for name, state in stored_inputs.items()}
        self.target = min([*(state.position for state in stored_inputs.values()), warehouse.position])
        self.changes = Changes(self.connection, model, warehouse.models)

    def _built(self, name: str) -> TableState:
        state = self.state.table(name)
        if state is None:
            raise InputNotBuilt(
                f"{self.model.path}: its input {name} was never built; refresh that first, or all tables"
            )
        return state

    def run(self, full: bool) -> Refreshed:
        why = "a full build was asked for" if full else self._why_rebuild()
        if why is not None or self.before is None:
            return self._build(why or "")
        if self.before.position == self.target:
            return Refreshed(self.model, "nothing new", self.before.row_count, 0, self.before.position)
        if self.model.header.view:
            return self._look(self.before)
        if self.model.header.by is None:
            return self._rebuild(self.before)
        return self._advance(self.before, PARTS[self.model.header.by])

    def _why_rebuild(self) -> str | None:
        if self.before is None:
            return "it was not built yet"
        for what in sorted({*self.definition, *self.before.definition}):
            if self.definition.get(what) != self.before.definition.get(what):
                return f"{what} changed"
        for name, build in self.inputs.items():
            if self.before.inputs.get(name) != build:
                return f"its input {name} was rebuilt"
        if self.before.position > self.target:
            return f"the ledger went back from batch {self.before.position} to {self.target}"
        return None if self.model.header.view else self.state.lost_rows(self.before)

    # ---- whole

    def _build(self, why: str) -> Refreshed:
        """Readers cannot tell what changed, and are rebuilt too."""
        self._show(Cut(why))
        with self.warehouse.transaction():
            if self.model.header.view:
                relation = "temp.new_view"
                self.connection.execute(f"create or replace temp view new_view as {self.model.text}")
            else:
                relation = self.stored
                self._create_table()
            rows = count(self.connection, relation)
            done = Refreshed(self.model, why, rows, rows, self.target)
            return self._finish(done, relation, build=self.state.next_build())

    def _create_table(self) -> None:
        self.connection.execute(f"create schema if not exists {stored(self.model.schema)}")
        self.model.store(self.connection, self.stored)

    def _rebuild(self, before: TableState) -> Refreshed:
        """The same table from inputs that moved on: readers are told what changed."""
        self._show(Cut(MOVED_ON))
        if self.changes.are_read:
            self.model.store(self.connection, "temp.new_rows")
            self.connection.execute(f"create or replace temp table old_rows as select * from {self.stored}")
        with self.warehouse.transaction():
            self.changes.log(self.target)
            if self.changes.are_read:
                self.connection.execute(f"create or replace table {self.stored} as select * from temp.new_rows")
            else:
                self._create_table()
            rows = count(self.connection, self.stored)
            return self._finish(Refreshed(self.model, MOVED_ON, rows, rows, self.target), self.stored, before.build)

    # ---- a part

    def _look(self, before: TableState) -> Refreshed:
        """Nothing of a view is stored: its checks look at rows that are new, as far as rows or what is read say which are."""
        cut = Cut("new batches", after=before.position)
        if self.model.header.by == PERSON:
            part = TouchedPersons(self.warehouse, self.model, before.position, self.target)
            cut = part.cut()
            in_all, rows = None, self._see(cut, part.changed())
        elif self._reads_log():
            rows = self._see(cut)
            in_all = before.row_count + rows
        else:
            in_all = self._see(cut)
            is_new = f"where event_number >= {(before.position + 1) << 32}"
            rows = self._see(cut, is_new) if "event_number" in self.model.columns else in_all
        with self.warehouse.transaction():
            done = Refreshed(self.model, cut.why, in_all, rows, self.target)
            return self._finish(done, "temp.new_view", before.build)

    def _see(self, cut: Cut, which: str = "") -> int:
        """Makes temp.new_view of the text over a cut, and of those `rows` only what is asked for; counts it."""
        self._show(cut)
        self.connection.execute(
            f"create or replace temp view new_view as select rows.* from ({self.model.text}) as rows {which}"
        )
        return count(self.connection, "temp.new_view")

    def _reads_log(self) -> bool:
        """The log is shown from a position on; stored tables, and what the ledger keeps besides batches, are shown whole."""
        return any(is_cut_by_batch(name) for name in self.reads)

    def _advance(self, before: TableState, kind: type) -> Refreshed:
        part = kind(self.warehouse, self.model, before.position, self.target)
        cut = part.cut()
        if part.touches_nothing:
            return self._move_on(before, cut.why)
        self._show(cut)
        self.model.store(self.connection, "temp.new_rows")
        part.see_new_rows()
        changed = count(self.connection, "temp.new_rows")
        if not changed and not count(self.connection, "temp.old_rows"):
            return self._move_on(before, cut.why)
        with self.warehouse.transaction():
            self.changes.log(self.target)
            self._replace_rows(before)
            done = Refreshed(self.model, cut.why, count(self.connection, self.stored), changed, self.target)
            return self._finish(done, "temp.new_rows", before.build)

    def _move_on(self, before: TableState, why: str) -> Refreshed:
        """No row goes and none comes."""
        with self.warehouse.transaction():
            self._save(before.build, before.row_count)
        checks = nothing_to_check(self.model)
        return Refreshed(self.model, why, before.row_count, 0, self.target, checks=checks)

    def _replace_rows(self, before: TableState) -> None:
        self.connection.execute(f"delete from {self.stored} where rowid in (select old_row from temp.old_rows)")
        self.connection.execute(f"insert into {self.stored} by name select * from temp.new_rows")

    # ---- both

    def _show(self, cut: Cut) -> None:
        """Puts the inputs into the scope, whole or cut, where the table's query runs."""
        self.warehouse.show(self.model.inputs, cut.inputs, cut.after, self.target, cut.held)

    def _finish(self, done: Refreshed, relation: str, build: int) -> Refreshed:
        """Commits, or rolls back when a blocking check failed: what depends on the table keeps standing on good rows."""
        done.checks = check_rows(self.connection, self.model, relation)
        if done.failed:
            raise ChecksFailed(done)
        self._save(build, done.row_count or 0)
        return done

    def _save(self, build: int, row_count: int) -> None:
        self.state.save(TableState(self.model.name, build, self.target, row_count, self.definition, self.inputs))


class InputNotBuilt(TrailhouseError):
    """A table was asked for before what it reads."""


class ChecksFailed(TrailhouseError):
    """A blocking check failed; the table stays as it was. `refreshed` has the figures."""

    def __init__(self, refreshed: Refreshed) -> None:
        self.refreshed = refreshed
        failed = "; ".join(f"{r.failed_rows} rows: {r.check.label}" for r in refreshed.checks if r.failed_rows)
        super().__init__(f"{refreshed.model.path}: check failed, the table keeps its old rows ({failed})")
