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


def make_projects(
    created: Sequence[Event], deployments: Sequence[Deployment], seed: int, ends_at: int
) -> list[Project]:
    """As they stand at the end of the simulated time. `created`: the events by which they were created."""
    live = defaultdict(list)
    for each in deployments:
        if each.outcome == "completed" and each.end and each.end.occurred_at < ends_at:
            live[each.starts[0].properties["project_id"]].append((each.end.occurred_at, each.deployment_id))
    dice = Dice(seed, "projects")
    there = sorted((each for each in created if each.occurred_at < ends_at), key=lambda each: each.occurred_at)
    projects = [_make(each, sorted(live[each.properties["project_id"]]), ends_at, dice) for each in there]
    _spoil(projects, dice)
    return projects


def _make(event: Event, live: list[tuple[int, str]], ends_at: int, dice: Dice) -> Project:
    project_id, name = str(event.properties["project_id"]), str(event.properties["name"])
    project = Project(project_id, event.ids["user"], name, "created", event.occurred_at)
    last_at = event.occurred_at
    if live:
        project.state, project.started_at = "running", live[0][0]
        last_at, project.live_deployment_id = live[-1]
    stopped_at, deleted_at = (last_at + dice.between(1, 72) * HOUR for _ in range(2))
    is_stopped, is_deleted = dice.chance(_STOPPED_SHARE), dice.chance(_DELETED_SHARE)
    if live and is_stopped and stopped_at < ends_at:
        project.state, project.stopped_at, project.live_deployment_id = "stopped", stopped_at, None
    if is_deleted and max(stopped_at, deleted_at) < ends_at:
        project.state, project.deleted_at = "deleted", max(stopped_at, deleted_at)
        project.live_deployment_id = None
    return project


def _spoil(projects: Sequence[Project], dice: Dice) -> None:
    """At least one of each kind, where there is a row for it."""
    for kind, state in IMPOSSIBLE.items():
        sound = [each for each in projects if each.state == state]
        for _ in range(min(len(sound), len(sound) // _ROWS_OF_AN_IMPOSSIBLE_ONE + 1)):
            project = sound.pop(dice.between(0, len(sound) - 1))
            project.impossible = kind
            if state == "running":
                project.started_at = None
            else:
                project.live_deployment_id = dice.identifier("d-")


def write_projects(address: str, projects: Sequence[Project]) -> None:
    """Puts the table into the database at a SQLAlchemy URL, in place of one that is there."""
    engine = sa.create_engine(address)
    with engine.begin() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
        if projects:
            connection.execute(table.insert(), [_row(each) for each in projects])
    engine.dispose()


def _row(project: Project) -> dict[str, Any]:
    row = {name: value for name, value in asdict(project).items() if name != "impossible"}
    return row | {name: None if row[name] is None else moment_of(row[name]) for name in MOMENTS}
