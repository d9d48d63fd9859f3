"""Rows of each group in time order, ties by a rank that is asked for only where rows share their moment."""

from collections.abc import Callable

import numpy as np

from pipelines.kernels.compiled import entry


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


@entry("int64(int64[::1], int64[::1], int64[::1])")
def _starts(keys, at, starts):
    """Where each run of a key begins, and the end; returns how many runs, or -1 where one is not in time order."""
    runs = 0
    for row in range(len(keys)):
        if row == 0 or keys[row] != keys[row - 1]:
            starts[runs] = row
            runs += 1
        elif at[row] < at[row - 1]:
            return -1
    starts[runs] = len(keys)
    return runs


def starts_of(keys: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Of rows that lie together by key and in time (int64): where each key begins, and the end. Errors: ValueError."""
    starts = np.empty(len(keys) + 1, np.int64)
    runs = _starts(keys, at, starts)
    if runs < 0:
        raise ValueError("rows of one key are not in time order; sort them, or give them to Order")
    return starts[: runs + 1]


def _is_ordered(groups: np.ndarray, at: np.ndarray) -> bool:
    same = groups[1:] == groups[:-1]
    return bool((groups[1:] >= groups[:-1]).all() and (at[1:] >= at[:-1])[same].all())


class Order:
    """groups: int64, which rows belong together, from 0, `count` of them. at: int64 microseconds.

    `rows`: the rows by group, then time. `starts`: where each group begins in it, and its end.
    """

    def __init__(self, groups: np.ndarray, at: np.ndarray, count: int) -> None:
        self._groups, self._at = groups, at
        self.starts, self.rows = np.zeros(count + 1, np.int64), np.arange(len(groups), dtype=np.int64)
        if _is_ordered(groups, at):
            self.starts = np.searchsorted(groups, np.arange(count + 1)).astype(np.int64)
        else:
            _by_group(groups, self.starts, self.rows)
            _in_time(self.starts, at, self.rows)

    @property
    def is_given(self) -> bool:
        """The rows came in this order, so their columns can be taken as they are."""
        return bool((self.rows[1:] > self.rows[:-1]).all())

    def break_ties(self, rank: Callable[[np.ndarray], np.ndarray]) -> None:
        """Puts rows of one moment in order. rank: rows (int64[n]) -> int64[n], asked only of rows that share their moment."""
        moments, groups = self._at[self.rows], self._groups[self.rows]
        goes_on = np.zeros(len(self.rows), bool)
        goes_on[1:] = (moments[1:] == moments[:-1]) & (groups[1:] == groups[:-1])
        places = np.flatnonzero(goes_on | np.append(goes_on[1:], False)[: len(goes_on)])
        if len(places):
            rows = self.rows[places]
            self.rows[places] = rows[np.lexsort((rank(rows), np.cumsum(~goes_on[places])))]
