"""How the rows of projects came to stand as they do: the platform's own log of them, in which a few were wrong for some hours.

What is wrong at the end (see projects) came after it, so it is not in here: whoever replays the log sees it end well.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise

import sqlalchemy as sa
from pydantic import SecretStr

from simulator.days import DAY, HOUR, moment_of
from simulator.dice import Dice
from simulator.events import Deployment, Event
from simulator.projects import IMPOSSIBLE, Fated, Project, fated, metadata, row_of, spoil, table, write_projects

# a row as it stood from one moment until another; null: until now
versions_table = sa.Table(
    "project_versions",
    metadata,
    *[sa.Column(each.name, each.type, nullable=each.nullable) for each in table.columns],
    sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
    sa.Column("valid_until", sa.DateTime(timezone=True)),
)
_SPELLS = 2  # of each kind, each some hours long, within the last days
_WITHIN, _QUIET_AFTERWARDS = 12 * DAY, 12 * HOUR


@dataclass(slots=True)
class Version:
    """valid_from, valid_until: microseconds, UTC."""

    project: Project
    valid_from: int
    valid_until: int | None


def make_versions(
    created: Sequence[Event], deployments: Sequence[Deployment], seed: int, ends_at: int
) -> list[Version]:
    """Of each project in the order of time."""
    dice, found = Dice(seed, "project versions"), []
    for each in fated(created, deployments, seed, ends_at):
        found += _versions(each, ends_at)
    for kind, state in IMPOSSIBLE.items():
        for _ in range(_SPELLS):
            _spoil_one(found, kind, state, ends_at, dice)
    return found


def _versions(project: Fated, ends_at: int) -> list[Version]:
    moments = sorted({at for at in project.moments() if at < ends_at})
    rows = [(at, project.row(at + 1)) for at in moments]
    changed = [rows[0], *(after for before, after in pairwise(rows) if before[1] != after[1])]
    ends = [*(at for at, _ in changed[1:]), None]
    return [Version(row, at, until) for (at, row), until in zip(changed, ends, strict=True)]


def _spoil_one(versions: list[Version], kind: str, state: str, ends_at: int, dice: Dice) -> None:
    """For some hours of a version it is wrong, and then as before. Nothing where none lasts long enough."""
    last = ends_at - _QUIET_AFTERWARDS
    long = [each for each in versions if each.project.state == state and _room(each, ends_at) >= DAY]
    if not long:
        return
    chosen = dice.pick(long)
    begins = max(chosen.valid_from, ends_at - _WITHIN) + dice.between(1, 4) * HOUR
    ends = min(begins + dice.between(6, 18) * HOUR, last)
    wrong = spoil(replace(chosen.project), kind, dice)
    versions += [Version(wrong, begins, ends), replace(chosen, valid_from=ends)]
    chosen.valid_until = begins


def _room(version: Version, ends_at: int) -> int:
    """How long it stood within the time in which something may be wrong."""
    return min(version.valid_until or ends_at, ends_at - _QUIET_AFTERWARDS) - max(version.valid_from, ends_at - _WITHIN)


def write_versions(address: str, versions: Sequence[Version]) -> None:
    """Puts the log into the database at a SQLAlchemy URL, in place of one that is there."""
    with _open(address) as connection:
        versions_table.drop(connection, checkfirst=True)
        versions_table.create(connection)
        if versions:
            connection.execute(versions_table.insert(), [_row(each) for each in versions])


def _row(version: Version) -> dict:
    until = version.valid_until
    times = {"valid_from": moment_of(version.valid_from), "valid_until": None if until is None else moment_of(until)}
    return row_of(version.project) | times


def restore_projects(address: str, at: int, into: str) -> None:
    """The table of projects as it stood at a moment, into another database. at: microseconds, UTC."""
    columns, moment = versions_table.c, moment_of(at)
    stood = (columns.valid_from <= moment) & (columns.valid_until.is_(None) | (columns.valid_until > moment))
    with _open(address) as connection:
        chosen = sa.select(*[columns[each.name] for each in table.columns]).where(stood)
        rows = [dict(row) for row in connection.execute(chosen).mappings()]
    write_projects(into, [])
    with _open(into) as connection:
        if rows:
            connection.execute(table.insert(), rows)


@contextmanager
def projects_then(address: str) -> Iterator[Callable[[int], SecretStr]]:
    """Gives back the database of projects as it stood at a moment (microseconds, UTC), in a file that goes at the end."""
    with tempfile.TemporaryDirectory() as folder:
        into = f"sqlite:///{folder}/projects.sqlite"

        def give(at: int) -> SecretStr:
            restore_projects(address, at, into)
            return SecretStr(into)

        yield give


@contextmanager
def _open(address: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(address)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()
