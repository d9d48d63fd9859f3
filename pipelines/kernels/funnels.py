"""Attempts at a funnel: one pass over each person's events in the order of time and event id.

A mask says what an event is to the funnel: bit 0 … steps - 1 the steps that it matches, then a bit per exclusion, and OTHER_BIT
for an action that only stands between. An event without a bit is not looked at.
"""

from dataclasses import dataclass

import numpy as np

from pipelines.kernels.funnel_runs import ALL, FIRST, LATEST, MODES, OTHER_BIT, by_step
from pipelines.kernels.funnel_steps import NONE
from pipelines.kernels.order import Order

__all__ = ["EVER", "NONE", "OTHER_BIT", "Answer", "Question", "attempts", "attempts_in_order"]

REENTRY = {"latest": LATEST, "first": FIRST, "all": ALL}
EVER = 1 << 60  # longer than any window, and no sum of it with a moment overflows


@dataclass(frozen=True, slots=True)
class Question:
    """A funnel as the kernel knows it. Times are microseconds; steps count from 0.

    within: per step, EVER where there is none. exclusions: (from step, to step), as many as the masks have bits for.
    """

    window: int
    within: tuple[int, ...]
    is_required: tuple[bool, ...]
    exclusions: tuple[tuple[int, int], ...] = ()
    mode: str = "ordered"
    reentry: str = "latest"

    @property
    def steps(self) -> int:
        return len(self.within)


@dataclass(frozen=True, slots=True)
class Answer:
    """Per attempt, in the order of persons and entries: rows of the run's first entry, of the entry, of each step's event
    (NONE: not reached), and `ends`, until when a further step could be reached (microseconds)."""

    first: np.ndarray
    entry: np.ndarray
    ends: np.ndarray
    reached: np.ndarray


def attempts(question: Question, order: Order, at: np.ndarray, mask: np.ndarray, dates: np.ndarray) -> Answer:
    """order: by person, its ties broken by event id. at, mask, dates: int64 columns that it orders."""
    starts, rows = order.starts, order.rows
    if question.mode == "consecutive":
        rows = rows.copy()
        by_step(starts, at, mask, rows)
    elif order.is_given:
        return attempts_in_order(question, starts, at, mask, dates)
    found = attempts_in_order(question, starts, *(column[rows] for column in (at, mask, dates)))
    reached = np.where(found.reached == NONE, NONE, rows[found.reached])
    return Answer(rows[found.first], rows[found.entry], found.ends, reached)


def attempts_in_order(
    question: Question, starts: np.ndarray, at: np.ndarray, mask: np.ndarray, dates: np.ndarray
) -> Answer:
    """Columns in their order, `starts` where each person begins in them, and the end; the answer's rows are places in them."""
    at, mask, dates = (np.require(column, np.int64, ["C", "W"]) for column in (at, mask, dates))
    is_entry = mask & (1 if question.mode != "any_order" else (1 << question.steps) - 1) != 0
    most = int(np.count_nonzero(is_entry))
    first, entries, ends = (np.empty(most, np.int64) for _ in range(3))
    reached = np.empty((most, question.steps), np.int64)
    asked = (*_plan(question), question.window, REENTRY[question.reentry])
    count = MODES[question.mode](starts, at, mask, dates, *asked, first, entries, ends, reached)
    return Answer(first[:count], entries[:count], ends[:count], reached[:count])


def _plan(question: Question) -> tuple[np.ndarray, ...]:
    is_required = np.array(question.is_required, bool)
    exclusions = np.array(question.exclusions, np.int64).reshape(-1, 2)
    return (
        np.flatnonzero(is_required).astype(np.int64),
        is_required,
        np.array(question.within, np.int64),
        np.ascontiguousarray(exclusions[:, 0]),
        np.ascontiguousarray(exclusions[:, 1]),
    )
