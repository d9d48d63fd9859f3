"""Where sessions start: one pass over each group's events in time order, for the cap counts from a session's own start."""

from collections.abc import Callable

import numpy as np

from pipelines.kernels.compiled import entry

NONE = -1


@entry("void(int64[::1], int64[::1], int64[::1])")
def _by_group(groups, starts, order):
    """A stable counting sort: rows of a group follow each other in the order in which they came. starts: one more than groups."""
    for group in groups:
        starts[group + 1] += 1
    for group in range(len(starts) - 1):
        starts[group + 1] += starts[group]
    free = starts.copy()
    for row in range(len(groups)):
        order[free[groups[row]]] = row
        free[groups[row]] += 1


@entry("void(int64[::1], int64[::1], int64[::1])")
def _in_time(starts, at, order):
    """Events mostly come in their order: only the groups in which they did not are sorted."""
    for group in range(len(starts) - 1):
        rows = order[starts[group] : starts[group + 1]]
        for place in range(1, len(rows)):
            if at[rows[place - 1]] > at[rows[place]]:
                rows[:] = rows[np.argsort(at[rows], kind="mergesort")]
                break


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
        self._at, self._gaps, self._caps = at, gaps, caps
        self._starts, self._order = np.zeros(len(gaps) + 1, np.int64), np.empty(len(groups), np.int64)
        _by_group(groups, self._starts, self._order)
        _in_time(self._starts, at, self._order)
        self._sessions = np.empty(len(groups), np.int64)
        self.count = _cut(self._starts, at, self._order, gaps, caps, self._sessions)

    def break_ties(self, rank: Callable[[np.ndarray], np.ndarray]) -> None:
        """Puts rows of one moment in order. rank: rows (int64[n]) -> int64[n], asked only of rows that share their moment."""
        moments, goes_on = self._at[self._order], np.zeros(len(self._order), bool)
        goes_on[1:] = (moments[1:] == moments[:-1]) & (self._sessions[1:] == self._sessions[:-1])
        places = np.flatnonzero(goes_on | np.append(goes_on[1:], False)[: len(goes_on)])
        if len(places):
            rows = self._order[places]
            self._order[places] = rows[np.lexsort((rank(rows), np.cumsum(~goes_on[places])))]

    def picked(self, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each session its first and its last row among the wanted ones; -1: none."""
        first, last = np.full(self.count, NONE, np.int64), np.full(self.count, NONE, np.int64)
        _picked(self._order, self._sessions, wanted, first, last)
        return first, last

    def sizes(self) -> np.ndarray:
        return np.bincount(self._sessions, minlength=self.count)
