"""A rule says what is wrong with a dashboard; `breaks` is a change that must make it say something."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.assets.dashboards.shown import Board, Json

Complaints = Iterator[str]


@dataclass(frozen=True)
class Rule:
    name: str
    complaints: Callable[[Board], Complaints]
    breaks: Callable[[Json], object]


RULES: list[Rule] = []


def rule(breaks: Callable[[Json], object]) -> Callable[[Callable[[Board], Complaints]], Callable[[Board], Complaints]]:
    def kept(complaints: Callable[[Board], Complaints]) -> Callable[[Board], Complaints]:
        RULES.append(Rule(getattr(complaints, "__name__"), complaints, breaks))  # noqa: B009
        return complaints

    return kept


def put(*path: Any, value: Any) -> Callable[[Json], object]:
    """A change that puts a value at a place."""

    def change(made: Json) -> None:
        *way, last = path
        at: Any = made
        for step in way:
            at = at[step]
        at[last] = value

    return change


def say(sql: str) -> Callable[[Json], object]:
    """A change that lets the first panel ask something else."""
    return put("panels", 0, "targets", 0, "rawSql", value=sql)


def add(text: str) -> Callable[[Json], object]:
    """A change that adds something to what the first panel asks."""

    def change(made: Json) -> None:
        made["panels"][0]["targets"][0]["rawSql"] += text

    return change


FIRST = ("panels", 0)
DEFAULTS = (*FIRST, "fieldConfig", "defaults")
