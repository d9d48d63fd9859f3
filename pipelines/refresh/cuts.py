"""Which part of a table is computed again, and which part of its inputs that needs.

Every way to refresh (`by:` in the header) prepares the same two things: templates that cut the inputs (`{rows}` stands for the
whole input), and temp.old_rows: the stored rows, with their rowid as old_row, that the new ones take the place of.
"""

from dataclasses import dataclass, field

from pipelines.models import Model
from pipelines.models.follows import followed
from pipelines.models.header import BATCH_COLUMNS, EVENTS, PERSON, Since
from pipelines.warehouse import Warehouse
from pipelines.warehouse.scope import stored
from pipelines.warehouse.state import HOUSE

TOUCHED = f"join temp.touched as touched on rows.{PERSON} is not distinct from touched.{PERSON}"


@dataclass(slots=True)
class Cut:
    """`inputs`: name -> template. `after`, `held`: the lake shows the batches after the first and those in the second."""

    why: str
    inputs: dict[str, str] = field(default_factory=dict)
    after: int = 0
    held: set[int] = field(default_factory=set)


class Part:
    """What batches (after, upto] mean to one table."""

    def __init__(self, warehouse: Warehouse, model: Model, after: int, upto: int) -> None:
        self.warehouse, self.connection, self.models = warehouse, warehouse.connection, warehouse.models
        self.model, self.after, self.upto = model, after, upto
        self.stored = stored(model.name)
        self.names = sorted(followed(model, self.models))

    touches_nothing = False  # known from the cut: no row of the table can be another

    def cut(self) -> Cut:
        raise NotImplementedError

    def see_new_rows(self) -> None:
        """Called once temp.new_rows is there."""

    def logged(self, table: str) -> str:
        """The part of a log that this table has not followed yet."""
        names = ", ".join(f"'{name}'" for name in self.names)
        return f"{HOUSE}.{table} where name in ({names}) and batch > {self.after} and batch <= {self.upto}"

    def one(self, query: str):
        return self.connection.execute(query).fetchall()[0][0]

    def keep_old_rows(self, where: str) -> None:
        self.connection.execute(
            f"create or replace temp table old_rows as select rows.rowid as old_row, rows.* from {self.stored} as rows {where}"
        )


class NewBatches(Part):
    """by: batch. The query sees new batches only; its rows replace those of the same grain, or are folded into them."""

    def cut(self) -> Cut:
        cut = Cut("new batches", after=self.after)
        touched = getattr(self.model.module, "touched", None)
        if touched is not None:
            self.warehouse.show(self.model.inputs, upto=self.upto)
            cut.inputs = touched(self.connection, self.stored, self.after)
        return cut

    def see_new_rows(self) -> None:
        grain = ", ".join(self.model.header.grain)
        is_new = BATCH_COLUMNS & set(self.model.header.grain)
        self.keep_old_rows("limit 0" if is_new else f"where ({grain}) in (select ({grain}) from temp.new_rows)")
        if self.model.header.fold:
            self._fold(grain)

    def _fold(self, grain: str) -> None:
        columns = ", ".join(self.model.columns)
        folded = ", ".join(f"{function}({name}) as {name}" for name, function in self.model.header.fold.items())
        self.connection.execute(f"""
            create or replace temp table folded as
            select {grain}, {folded}
            from (select {columns} from temp.new_rows union all select {columns} from temp.old_rows)
            group by {grain};
            create or replace temp table new_rows as select {columns} from temp.folded""")


class ChangedDates(Part):
    """by: local_date. The dates on which a row of an input changed, as it was and as it is."""

    def cut(self) -> Cut:
        self.connection.execute(
            f"create or replace temp table dates as select distinct local_date from {self.logged('changed_dates')}"
        )
        dates = self.one("select count(*) from temp.dates")
        cut, self.touches_nothing = Cut(f"{dates} changed dates"), not dates
        if dates:
            self._cut_inputs(cut)
        return cut

    def _cut_inputs(self, cut: Cut) -> None:
        self.keep_old_rows("semi join temp.dates using (local_date)")
        for name in self.names:
            if name in self.models and (date := self.models[name].header.date):
                cut.inputs[name] = self._cut_input(date)

    def _cut_input(self, date: str) -> str:
        """The span is written out, so that the engine can pass over most of a table without reading it."""
        first, last = (
            self.one(f"select coalesce({each}(local_date), date '1970-01-01') from temp.dates")
            for each in ("min", "max")
        )
        return f"""select rows.* from {{rows}} as rows semi join temp.dates as dates on dates.local_date = rows.{date}
            where rows.{date} between date '{first}' and date '{last}'"""


class TouchedPersons(Part):
    """by: person_id of a view. Nothing of it is stored: what is looked at is all that the touched persons have in it.

    temp.touched: person_id, since (the earliest change).
    """

    def cut(self) -> Cut:
        why = f"{self._find_touched()} touched persons"
        return Cut(why, dict.fromkeys(self._of_persons(), f"select rows.* from {{rows}} as rows {TOUCHED}"))

    def changed(self) -> str:
        """Which rows of the view can be others: with a moment, those from the earliest change on. Call it after the cut."""
        moment = self.model.header.moment
        if moment is None:
            return ""
        earliest = self.one("select cast(min(since) as varchar) from temp.touched") or "infinity"
        return f"{TOUCHED} and rows.{moment} >= touched.since where rows.{moment} >= timestamptz '{earliest}'"

    def _of_persons(self) -> list[str]:
        return [name for name in self.names if name in self.models and PERSON in self.models[name].columns]

    def _find_touched(self) -> int:
        is_somebody = f" and {PERSON} is not null" if PERSON in self.model.header.grain else ""
        self.connection.execute(f"""
            create or replace temp table touched as
            select {PERSON}, min(since) as since from {self.logged("changed_persons")}{is_somebody} group by {PERSON}""")
        return self.one("select count(*) from temp.touched")


class ChangedPersons(TouchedPersons):
    """by: person_id. Persons with a changed row in an input, from the earliest own row on that the change can reach.

    temp.restarts: person_id, group columns, restart, where a row that started earlier is still open then. Null is one more
    person here: events that are nobody's can become somebody's.
    """

    _begin: str  # the earliest moment that is computed again, for a table with `since:`

    def cut(self) -> Cut:
        touched = self._find_touched()
        cut, self.touches_nothing = Cut(f"{touched} touched persons"), not touched and EVENTS not in self.names
        if not self.touches_nothing:
            self._cut_inputs(cut)
        return cut

    def _cut_inputs(self, cut: Cut) -> None:
        since = self.model.header.since
        keys = ", ".join((PERSON, *self.model.groups))
        self.connection.execute(f"""
            create or replace temp table restarts as
            select {keys}, cast(null as timestamptz) as restart from {self.stored} limit 0""")
        if since is not None:
            self._find_restarts(since)
            self._begin = self._earliest()
        self.keep_old_rows(self._since(self.model))
        if EVENTS in self.names:
            self._cut_events(cut)
        else:
            cut.inputs = {
                name: f"select rows.* from {{rows}} as rows {self._since(self.models[name])}"
                for name in self._of_persons()
            }

    # ---- where to start again

    def _find_restarts(self, since: Since) -> None:
        if since.until == since.start:
            return  # rows are moments: none that started before can still be open
        keys = ", ".join(f"rows.{name}" for name in (PERSON, *self.model.groups))
        earliest = self._earliest()
        first = f"min(rows.{since.start})" if since.until else f"max(rows.{since.start})"
        is_open = f"and rows.{since.until} >= touched.since and rows.{since.until} >= {earliest}" if since.until else ""
        self.connection.execute(f"""
            create or replace temp table restarts as
            select {keys}, {first} as restart from {self.stored} as rows
            join temp.touched as touched on {_same(PERSON, "touched")}
            where rows.{since.start} < touched.since {is_open}
            group by all""")
        if since.until and not since.is_overlapping:
            while self._reaches_further(since, keys):
                pass

    def _reaches_further(self, since: Since, keys: str) -> bool:
        """A row that overlaps one that is computed again is so too: what it was made of will be seen."""
        names = (PERSON, *self.model.groups)
        same = " and ".join(_same(name, "restarts") for name in names)
        self.connection.execute(f"""
            create or replace temp table wider as
            select {keys}, min(rows.{since.start}) as restart from {self.stored} as rows
            join temp.restarts as restarts on {same}
            where rows.{since.start} < restarts.restart and rows.{since.until} >= restarts.restart
                and rows.{since.until} >= {self._earliest()}
            group by all""")
        columns = ", ".join(names)
        self.connection.execute(f"""
            create or replace temp table restarts as
            select {columns}, min(restart) as restart
            from (select * from temp.restarts union all select * from temp.wider) group by {columns}""")
        return self.one("select count(*) from temp.wider") > 0

    def _earliest(self) -> str:
        """As a literal: the engine passes over what lies before without reading it."""
        moments = "select since as moment from temp.touched union all select restart from temp.restarts"
        return f"timestamptz '{self.one(f'select cast(min(moment) as varchar) from ({moments})') or 'infinity'}'"

    def _since(self, table: Model) -> str:
        """Cuts rows of a table to touched persons, and where both it and ours have a start, to what lies after the restart."""
        if self.model.header.since is None or table.header.start is None:
            return TOUCHED
        start = f"rows.{table.header.start}"
        same = " and ".join(_same(name, "restarts") for name in (PERSON, *self.model.groups))
        return f"""{TOUCHED} left join temp.restarts as restarts on {same}
            where {start} >= coalesce(restarts.restart, touched.since) and {start} >= {self._begin}"""

    def _cut_events(self, cut: Cut) -> None:
        """Events of new batches, and those whose rows are replaced; what says whose they are is seen whole."""
        cut.after = self.after
        cut.held = {
            row[0]
            for row in self.connection.execute("select distinct event_number >> 32 from temp.old_rows").fetchall()
        }
        cut.inputs = {
            EVENTS: f"""select rows.* from {{rows}} as rows where rows.event_number >> 32 > {self.after}
                or rows.event_number in (select event_number from temp.old_rows)"""
        }


def _same(column: str, other: str) -> str:
    return f"rows.{column} is not distinct from {other}.{column}"


PARTS: dict[str, type[Part]] = {"batch": NewBatches, "local_date": ChangedDates, "person_id": ChangedPersons}
