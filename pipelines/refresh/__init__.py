"""Brings one table to the ledger's position: rebuilt whole, or only the part that the new batches touched.

Law: whatever the split into batches, the result equals one build from nothing.
  by: batch      the query sees only new batches; its rows replace those of the same grain. Where such a table says whose
                 an id is (it has a person_id), the persons it touched, before and after, are logged for the rest.
  by: person_id  rows of touched persons are deleted and computed again from what those persons have.
  neither        rebuilt whole.
"""

import time
from dataclasses import dataclass, field

from pipelines.errors import TrailhouseError
from pipelines.models import Model
from pipelines.models.header import Check
from pipelines.warehouse import Warehouse
from pipelines.warehouse.scope import Scope, behind, stored
from pipelines.warehouse.state import HOUSE, TableState, definition_of

PERSON = "person_id"


@dataclass(frozen=True, slots=True)
class CheckResult:
    check: Check
    failed_rows: int


@dataclass(slots=True)
class Refreshed:
    """What a refresh did. `changed`: rows written. `why`: one sentence. `failed`: a blocking check kept the old rows."""

    model: Model
    why: str
    row_count: int
    changed: int
    position: int
    seconds: float = 0.0
    checks: list[CheckResult] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        return any(each.failed_rows and each.check.blocking for each in self.checks)


def grain_check(model: Model) -> Check:
    columns = ", ".join(model.header.grain)
    return Check("grain", f"one row per {columns}, none of them null", columns, blocking=True)


def checks_of(model: Model) -> list[Check]:
    return [grain_check(model), *model.header.checks]


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
        self.definition = definition_of(model, warehouse.models, warehouse.config_tables)
        self.before = self.state.table(model.name)
        stored_inputs = {name: self._built(name) for name in self._stored_inputs()}
        self.inputs = {name: state.build for name, state in stored_inputs.items()}
        self.target = min([*(state.position for state in stored_inputs.values()), warehouse.position])

    def _stored_inputs(self) -> list[str]:
        names = set().union(*(behind(each, self.warehouse.models) for each in self.model.inputs))
        return sorted(name for name in names if name in self.warehouse.models)

    def _built(self, name: str) -> TableState:
        state = self.state.table(name)
        if state is None:
            raise InputNotBuilt(
                f"{self.model.path}: its input {name} was never built; refresh that first, or all tables"
            )
        return state

    def run(self, full: bool) -> Refreshed:
        why = "a full build was asked for" if full else self._why_rebuild()
        if why is None and self.before is not None and self.before.position == self.target:
            return self._unchanged(self.before)
        if why is None and self.model.header.by is None and not self.model.header.view:
            why = "rebuilt whole: its inputs moved on"
        if why is not None or self.before is None:
            return self._build(why or "")
        return self._advance(self.before)

    def _unchanged(self, before: TableState) -> Refreshed:
        return Refreshed(self.model, "nothing new", before.row_count, 0, before.position)

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

    # ---- a full build

    def _build(self, why: str) -> Refreshed:
        self._scope(after=0, cuts={})
        text = self.model.query(self.connection)
        with self.warehouse.transaction():
            if self.model.header.view:
                self.connection.execute(f"create or replace temp view new_view as {text}")
                rows, checks = self._count("temp.new_view"), self._check("temp.new_view")
            else:
                self._create_table(text)
                rows, checks = self._count(stored(self.model.name)), self._check(stored(self.model.name))
            done = Refreshed(self.model, why, rows, rows, self.target, checks=checks)
            return self._finish(done, build=self.state.next_build())

    def _create_table(self, text: str) -> None:
        self.connection.execute(f"create schema if not exists {stored(self.model.schema)}")
        self.connection.execute(f"create or replace table {stored(self.model.name)} as {text}")

    # ---- a part

    def _advance(self, before: TableState) -> Refreshed:
        cuts = self._cuts(before)
        self._scope(after=before.position if self.model.header.by != PERSON else 0, cuts=cuts)
        text = self.model.query(self.connection)
        kind = "view" if self.model.header.view else "table"
        self.connection.execute(f"create or replace temp {kind} new_{kind} as {text}")
        result = f"temp.new_{kind}"
        checks, changed = self._check(result), self._count(result)
        with self.warehouse.transaction():
            if not self.model.header.view:
                self._replace_rows(before)
            done = Refreshed(self.model, self._why_part(), before.row_count, changed, self.target, checks=checks)
            done.row_count = (
                before.row_count + changed if self.model.header.view else self._count(stored(self.model.name))
            )
            return self._finish(done, build=before.build)

    def _why_part(self) -> str:
        if self.model.header.by != PERSON:
            return "new batches"
        persons = self.connection.execute("select count(*) from temp.touched").fetchall()[0][0]
        return f"{persons} touched persons"

    def _cuts(self, before: TableState) -> dict[str, str]:
        """Conditions that leave of each input what the part needs; temp.touched holds the persons."""
        if self.model.header.by == PERSON:
            return self._cuts_to_persons(before)
        touched = getattr(self.model.module, "touched", None)
        if touched is None:
            return {}
        Scope(self.connection, self.warehouse.lake(0, self.target), self.warehouse.models).show(self.model.inputs, {})
        return touched(self.connection, stored(self.model.name), before.position)

    def _cuts_to_persons(self, before: TableState) -> dict[str, str]:
        self.connection.execute(f"""
            create or replace temp table touched as
            select distinct person_id from {HOUSE}.touched where batch > {before.position} and batch <= {self.target}""")
        cuts = {}
        for name in self.model.inputs:
            for each in behind(name, self.warehouse.models):
                cuts |= self._cut_to_persons(each, before)
        return cuts

    def _cut_to_persons(self, name: str, before: TableState) -> dict[str, str]:
        input_model = self.warehouse.models.get(name)
        if name == "lake.events":
            return {name: self._new_or_held(before)}
        if input_model is not None and PERSON in input_model.columns:
            return {name: self._of_persons_or_new(name, input_model, before)}
        return {}

    def _of_persons_or_new(self, name: str, input_model: Model, before: TableState) -> str:
        """A new event that is nobody's touches nobody, and must come along all the same."""
        of_persons = same_person(stored(name))
        is_of_events = "event_number" in input_model.columns
        return f"{of_persons} or event_number >> 32 > {before.position}" if is_of_events else of_persons

    def _new_or_held(self, before: TableState) -> str:
        """Events of new batches, and those that this table already holds for the touched persons."""
        self.connection.execute(f"""
            create or replace temp table held as
            select event_number from {stored(self.model.name)} as rows where {same_person("rows")}""")
        return f"event_number >> 32 > {before.position} or event_number in (from temp.held)"

    def _replace_rows(self, before: TableState) -> None:
        name = stored(self.model.name)
        if self.model.header.by == PERSON:
            self.connection.execute(f"delete from {name} as rows where {same_person('rows')}")
        else:
            self._log_touched(before)
            grain = ", ".join(self.model.header.grain)
            self.connection.execute(f"delete from {name} where ({grain}) in (select ({grain}) from temp.new_table)")
        self.connection.execute(f"insert into {name} by name select * from temp.new_table")

    def _log_touched(self, before: TableState) -> None:
        if PERSON not in self.model.columns:
            return
        grain = ", ".join(self.model.header.grain)
        self.connection.execute(f"""
            insert into {HOUSE}.touched
            with changes as (
                select old.person_id as old_person, new.person_id as new_person, old.rowid is null as is_new
                from temp.new_table as new left join {stored(self.model.name)} as old using ({grain})
            )
            select distinct {self.target}, person_id from (
                select old_person as person_id from changes where not is_new and old_person is not null
                union all select new_person from changes where new_person is not null
                union all select null from changes where not is_new and (old_person is null) <> (new_person is null)
            )""")

    # ---- both

    def _scope(self, after: int, cuts: dict[str, str]) -> None:
        held = self._held_batches() if "lake.events" in cuts else set()
        start = self.before.position if held and self.before else after
        lake = self.warehouse.lake(start, self.target, held)
        Scope(self.connection, lake, self.warehouse.models).show(self.model.inputs, cuts)

    def _held_batches(self) -> set[int]:
        found = self.connection.execute("select distinct event_number >> 32 from temp.held").fetchall()
        return {row[0] for row in found} | {0}

    def _count(self, relation: str) -> int:
        return self.connection.execute(f"select count(*) from {relation}").fetchall()[0][0]

    def _check(self, relation: str) -> list[CheckResult]:
        results = [CheckResult(grain_check(self.model), self._grain_failures(relation))]
        for check in self.model.header.checks:
            failures = self._count(f"{relation} where ({check.condition}) is not true")
            results.append(CheckResult(check, failures))
        return results

    def _grain_failures(self, relation: str) -> int:
        grain = ", ".join(self.model.header.grain)
        nulls = " or ".join(f"{name} is null" for name in self.model.header.grain)
        distinct = f"(select count(*) from (select distinct {grain} from {relation}))"
        query = f"select count(*) - {distinct} + count(*) filter (where {nulls}) from {relation}"
        return self.connection.execute(query).fetchall()[0][0]

    def _finish(self, done: Refreshed, build: int) -> Refreshed:
        """Commits, or rolls back when a blocking check failed: what depends on the table keeps standing on good rows."""
        if done.failed:
            raise ChecksFailed(done)
        self.state.save(TableState(self.model.name, build, self.target, done.row_count, self.definition, self.inputs))
        return done


class InputNotBuilt(TrailhouseError):
    """A table was asked for before what it reads."""


class ChecksFailed(TrailhouseError):
    """A blocking check failed; the table stays as it was. `refreshed` has the figures."""

    def __init__(self, refreshed: Refreshed) -> None:
        self.refreshed = refreshed
        failed = "; ".join(f"{r.failed_rows} rows: {r.check.label}" for r in refreshed.checks if r.failed_rows)
        super().__init__(f"{refreshed.model.path}: check failed, the table keeps its old rows ({failed})")


def same_person(relation: str) -> str:
    """Null is one more person here: events that are nobody's can become somebody's."""
    known = f"{relation}.person_id in (select person_id from temp.touched)"
    return f"({known} or ({relation}.person_id is null and exists (from temp.touched where person_id is null)))"
