"""Where sessions start: one pass over each group's events in time order, for the cap counts from a session's own start."""

from collections.abc import Callable

import numpy as np

from pipelines.kernels.compiled import entry
from pipelines.kernels.order import Order

NONE = -1


@entry("int64(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1])")
def _cut(starts, at, order, gaps, caps, sessions):
    """sessions: per place in `order` the number of its session, from 0; returns how many there are."""
    number = NONE
    for group in range(len(starts) - 1):
        started = before = np.int64(0)
        for place in range(starts[group], starts[group + 1]):
            moment = at[order[place]]
            if place == starts[group] or moment - before > gaps[group] or moment - started > caps[group]:
                number += 1
                started = moment
            before = moment
            sessions[place] = number
    return number + 1


@entry("void(int64[::1], int64[::1], boolean[::1], int64[::1], int64[::1])")
def _picked(order, sessions, wanted, first, last):
    for place in range(len(order)):
        row, session = order[place], sessions[place]
        if wanted[row]:
            if first[session] == NONE:
                first[session] = row
            last[session] = row


class Sessions:
    """Sessions of events given as columns.

    groups: int64, which rows belong together, from 0. at: int64 microseconds. gaps, caps: int64 microseconds per group.
    `count`: of sessions; they are numbered by group, then time. Rows are told by their place in the columns.
    """

    def __init__(self, groups: np.ndarray, at: np.ndarray, gaps: np.ndarray, caps: np.ndarray) -> None:
        self._order = Order(groups, at, len(gaps))
        self._sessions = np.empty(len(groups), np.int64)
        self.count = _cut(self._order.starts, at, self._order.rows, gaps, caps, self._sessions)

    def break_ties(self, rank: Callable[[np.ndarray], np.ndarray]) -> None:
        """See Order: rows of one moment are in one session."""
        self._order.break_ties(rank)

    def picked(self, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each session its first and its last row among the wanted ones; -1: none."""
        first, last = np.full(self.count, NONE, np.int64), np.full(self.count, NONE, np.int64)
        _picked(self._order.rows, self._sessions, wanted, first, last)
        return first, last

    def sizes(self) -> np.ndarray:
        return np.bincount(self._sessions, minlength=self.count)
