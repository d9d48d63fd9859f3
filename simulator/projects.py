"""The platform's own database: a table of projects, in which a few rows are in states that cannot be.

| state   | started_at | stopped_at | deleted_at | live_deployment_id |
|---------|------------|------------|------------|--------------------|
| created | null       | null       | null       | null               |
| running | set        | null       | null       | set                |
| stopped | set        | set        | null       | null               |
| deleted | perhaps    | perhaps    | set        | null               |
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from simulator.days import HOUR, moment_of
from simulator.dice import Dice
from simulator.events import Deployment, Event

metadata = sa.MetaData()
MOMENTS = ("created_at", "started_at", "stopped_at", "deleted_at")
table = sa.Table(
    "projects",
    metadata,
    sa.Column("project_id", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    *[sa.Column(name, sa.DateTime(timezone=True), nullable=name != "created_at") for name in MOMENTS],
    sa.Column("live_deployment_id", sa.Text),
)
# what cannot be -> the state that a row is in
IMPOSSIBLE = {"running_without_start": "running", "stopped_but_live": "stopped", "deleted_but_live": "deleted"}
_STOPPED_SHARE, _DELETED_SHARE = 0.2, 0.08
_ROWS_OF_AN_IMPOSSIBLE_ONE = 100  # so many of a state have one of its kind


@dataclass(slots=True)
class Project:
    """A row, its times in microseconds, UTC. `impossible`: which of IMPOSSIBLE it is, for the truth alone."""

    project_id: str
    owner: str
    name: str
    state: str
    created_at: int
    started_at: int | None = None
    stopped_at: int | None = None
    deleted_at: int | None = None
    live_deployment_id: str | None = None
    impossible: str | None = None


@dataclass(frozen=True, slots=True)
class Fated:
    """What will become of a project. live: (moment, deployment) of those that went well, in time order."""

    event: Event
    live: list[tuple[int, str]]
    stops_after: int
    goes_after: int
    is_stopped: bool
    is_deleted: bool

    def row(self, ends_at: int) -> Project:
        """As it stands at a moment after its creation."""
        project_id, name = str(self.event.properties["project_id"]), str(self.event.properties["name"])
        project = Project(project_id, self.event.ids["user"], name, "created", self.event.occurred_at)
        live = [each for each in self.live if each[0] < ends_at]
        last_at = self.event.occurred_at
        if live:
            project.state, project.started_at = "running", live[0][0]
            last_at, project.live_deployment_id = live[-1]
        stopped_at, deleted_at = self._ends(last_at)
        if live and self.is_stopped and stopped_at < ends_at:
            project.state, project.stopped_at, project.live_deployment_id = "stopped", stopped_at, None
        if self.is_deleted and deleted_at < ends_at:
            project.state, project.deleted_at, project.live_deployment_id = "deleted", deleted_at, None
        return project

    def moments(self) -> list[int]:
        """All at which its row may change."""
        lasts = [self.event.occurred_at, *(at for at, _ in self.live)]
        return [*lasts, *(at for each in lasts for at in self._ends(each))]

    def _ends(self, last_at: int) -> tuple[int, int]:
        """(stopped_at, deleted_at)"""
        return last_at + self.stops_after, last_at + max(self.stops_after, self.goes_after)


def make_projects(
    created: Sequence[Event], deployments: Sequence[Deployment], seed: int, ends_at: int
) -> list[Project]:
    """As they stand at the end of the simulated time. `created`: the events by which they were created."""
    dice = Dice(seed, "projects")
    projects = [each.row(ends_at) for each in _fated(created, deployments, ends_at, dice)]
    _spoil(projects, dice)
    return projects


def fated(created: Sequence[Event], deployments: Sequence[Deployment], seed: int, ends_at: int) -> list[Fated]:
    """Those that were created by the end of the simulated time, in that order."""
    return _fated(created, deployments, ends_at, Dice(seed, "projects"))


def _fated(created: Sequence[Event], deployments: Sequence[Deployment], ends_at: int, dice: Dice) -> list[Fated]:
    live = defaultdict(list)
    for each in deployments:
        if each.outcome == "completed" and each.end and each.end.occurred_at < ends_at:
            live[each.starts[0].properties["project_id"]].append((each.end.occurred_at, each.deployment_id))
    there = sorted((each for each in created if each.occurred_at < ends_at), key=lambda each: each.occurred_at)
    return [_fate(each, sorted(live[each.properties["project_id"]]), dice) for each in there]


def _fate(event: Event, live: list[tuple[int, str]], dice: Dice) -> Fated:
    stops_after, goes_after = (dice.between(1, 72) * HOUR for _ in range(2))
    return Fated(event, live, stops_after, goes_after, dice.chance(_STOPPED_SHARE), dice.chance(_DELETED_SHARE))


def _spoil(projects: Sequence[Project], dice: Dice) -> None:
    """At least one of each kind, where there is a row for it."""
    for kind, state in IMPOSSIBLE.items():
        sound = [each for each in projects if each.state == state]
        for _ in range(min(len(sound), len(sound) // _ROWS_OF_AN_IMPOSSIBLE_ONE + 1)):
            spoil(sound.pop(dice.between(0, len(sound) - 1)), kind, dice)


def spoil(project: Project, kind: str, dice: Dice) -> Project:
    """Makes it one that cannot be; returns it."""
    project.impossible = kind
    if kind == "running_without_start":
        project.started_at = None
    else:
        project.live_deployment_id = dice.identifier("d-")
    return project


def write_projects(address: str, projects: Sequence[Project]) -> None:
    """Puts the table into the database at a SQLAlchemy URL, in place of one that is there."""
    engine = sa.create_engine(address)
    with engine.begin() as connection:
        table.drop(connection, checkfirst=True)
        table.create(connection)
        if projects:
            connection.execute(table.insert(), [row_of(each) for each in projects])
    engine.dispose()


def row_of(project: Project) -> dict[str, Any]:
    """Of the table."""
    row = {name: value for name, value in asdict(project).items() if name != "impossible"}
    return row | {name: None if row[name] is None else moment_of(row[name]) for name in MOMENTS}
