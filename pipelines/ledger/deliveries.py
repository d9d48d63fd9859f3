"""What was sent, or was going to be: one row a unit, committed before the call that sends it.

States: planned -> sending -> sent | failed | unknown. `failed` is known not to be there and is tried again, unless it is
`stopped` (refused for good); `sending` of a dead run and `unknown` may be there, so they are read back first.
"""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, fields, replace
from uuid import uuid4

import sqlalchemy as sa

from pipelines.ledger import Ledger
from pipelines.ledger.alone import alone
from pipelines.ledger.tables import deliveries
from pipelines.moments import now


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row. `marker`: random, by which a channel finds the unit again; `planned_at`, `updated_at`: µs UTC."""

    report: str
    report_date: str
    channel: str
    unit: str
    kind: str  # parent | reply | file
    person: str | None
    content_hash: str
    state: str = "planned"
    stopped: int = 0
    attempts: int = 0
    marker: str = ""
    reference: str = ""
    error: str = ""
    planned_at: int = 0
    updated_at: int = 0
    delivery: int = 0

    @property
    def may_be_there(self) -> bool:
        return self.state in ("sending", "unknown")

    @property
    def is_due(self) -> bool:
        return self.state == "planned" or (self.state == "failed" and not self.stopped)

    @property
    def name(self) -> str:
        return f"{self.report} of {self.report_date} in {self.channel}, {self.kind} '{self.unit}'"


class Deliveries:
    """The table, by thread and by number."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def of_thread(self, report: str, report_date: str, channel: str) -> list[Delivery]:
        return self.chosen(report=report, report_date=report_date, channel=channel)

    def chosen(self, **equal: str | int | None) -> list[Delivery]:
        """In the order they were planned. equal: column -> value; None chooses all."""
        return self._where(*(deliveries.c[name] == value for name, value in equal.items() if value is not None))

    def numbered(self, numbers: Collection[int]) -> list[Delivery]:
        return self._where(deliveries.c.delivery.in_(numbers))

    def _where(self, *conditions: sa.ColumnElement[bool]) -> list[Delivery]:
        query = sa.select(deliveries).where(*conditions).order_by(deliveries.c.delivery)
        return [Delivery(**row) for row in self._ledger.rows(query)]

    def plan(self, units: Sequence[Delivery]) -> None:
        """All of a thread in one transaction, so that what is missing after a crash can be seen."""
        rows = [asdict(each) | {"marker": uuid4().hex, "planned_at": now(), "updated_at": now()} for each in units]
        self._ledger.change(*[deliveries.insert().values(_without_number(row)) for row in rows])

    def move(self, delivery: Delivery, **changes: str | int) -> Delivery:
        """Commits the changes; returns the row as it then stands."""
        chosen, moved = deliveries.c.delivery == delivery.delivery, changes | {"updated_at": now()}
        self._ledger.change(deliveries.update().where(chosen).values(**moved))
        return replace(delivery, **moved)  # pyright: ignore[reportArgumentType]

    def alone(self, channel: str, wait_seconds: float = 0) -> AbstractContextManager[None]:
        """One run at a time on a channel: so a row that says `sending` is of one that died. Errors: Busy."""
        return alone(self._ledger, f"deliveries-{channel}", wait_seconds)

    def retry(self, chosen: Collection[Delivery]) -> int:
        """Lets what was refused for good be tried by the next run. Errors: Busy while one sends."""
        return self._change(chosen, deliveries.update().where(deliveries.c.state == "failed").values(stopped=0))

    def confirm(self, chosen: Collection[Delivery]) -> int:
        """What nobody could tell and somebody has seen there is sent. Errors: Busy while one sends."""
        is_unknown = deliveries.c.state == "unknown"
        return self._change(chosen, deliveries.update().where(is_unknown).values(state="sent", error=""))

    def forget(self, chosen: Collection[Delivery]) -> int:
        """As if it had never been planned: the next run sends it, also if it is there. Errors: Busy while one sends."""
        return self._change(chosen, deliveries.delete())

    def _change(self, chosen: Collection[Delivery], statement: sa.Update | sa.Delete) -> int:
        with ExitStack() as held:
            for channel in sorted({each.channel for each in chosen}):
                held.enter_context(self.alone(channel))
            numbers = [each.delivery for each in chosen]
            return self._ledger.change(statement.where(deliveries.c.delivery.in_(numbers)))


def _without_number(row: dict) -> dict:
    return {name: value for name, value in row.items() if name != "delivery"}


assert {each.name for each in fields(Delivery)} == set(deliveries.columns.keys())
