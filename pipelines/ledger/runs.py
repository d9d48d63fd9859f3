"""Which runs there were, as the orchestrator said last; it forgets them after some weeks, and its storage may be thrown away."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields

import sqlalchemy as sa

from pipelines.ledger import Ledger
from pipelines.ledger.tables import pipeline_runs

UNDER_WAY = ("waiting", "running")


@dataclass(frozen=True, slots=True)
class Run:
    """status: one of RUN_STATES. launched_by: a schedule, a sensor, or 'hand'. Moments: µs UTC."""

    run_id: str
    job: str
    status: str
    launched_by: str
    created_at: int
    started_at: int | None
    ended_at: int | None
    step_count: int
    failed_step_count: int
    updated_at: int


class Runs:
    """The table."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def newest_update(self) -> int:
        """µs UTC; 0 where there is none."""
        newest = sa.select(sa.func.coalesce(sa.func.max(pipeline_runs.c.updated_at), 0).label("at"))
        return self._ledger.rows(newest)[0]["at"]

    def known(self, run_ids: Collection[str]) -> list[Run]:
        query = sa.select(pipeline_runs).where(pipeline_runs.c.run_id.in_(run_ids))
        return [Run(**row) for row in self._ledger.rows(query)]

    def under_way(self) -> list[Run]:
        query = sa.select(pipeline_runs).where(pipeline_runs.c.status.in_(UNDER_WAY))
        return [Run(**row) for row in self._ledger.rows(query)]

    def keep(self, runs: Collection[Run]) -> None:
        """In the place of what was known of them; in one transaction."""
        if runs:
            before = pipeline_runs.delete().where(pipeline_runs.c.run_id.in_([each.run_id for each in runs]))
            self._ledger.change(before, pipeline_runs.insert().values([asdict(each) for each in runs]))


assert {each.name for each in fields(Run)} == set(pipeline_runs.columns.keys())
