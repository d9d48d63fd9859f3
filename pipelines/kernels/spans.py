"""Starts, heartbeats and ends, paired: one pass over each group's rows in order. A repeat of an event is a span without ends."""

import numpy as np

from pipelines.kernels.compiled import entry
from pipelines.kernels.roles import HEARTBEAT, START

NONE = -1


@entry(
    "int64(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1])"
)
def _pair(groups, at, roles, timeouts, starts, ends, outcomes, repeats, beats):
    """Returns the number of spans. starts, ends, beats: places of rows, -1 for none. An open span has outcome START."""
    count, open_one, group = 0, NONE, np.int64(NONE)
    for row in range(len(groups)):
        is_another = groups[row] != group
        if open_one != NONE and (is_another or at[row] - at[open_one] > timeouts[row]):
            starts[count], ends[count], outcomes[count] = open_one, NONE, START
            count += 1
            open_one = NONE
        group = groups[row]
        if roles[row] == START:
            if open_one == NONE:
                open_one = row
                repeats[count], beats[count] = 0, NONE
            else:
                repeats[count] += 1
        elif roles[row] == HEARTBEAT:
            if open_one != NONE:
                beats[count] = row
        else:
            if open_one == NONE:
                repeats[count], beats[count] = 0, NONE
            starts[count], ends[count], outcomes[count] = open_one, row, roles[row]
            count += 1
            open_one = NONE
    if open_one != NONE:
        starts[count], ends[count], outcomes[count] = open_one, NONE, START
        count += 1
    return count


def pair(groups: np.ndarray, at: np.ndarray, roles: np.ndarray, timeouts: np.ndarray) -> tuple[np.ndarray, ...]:
    """Spans of rows that are sorted by group, time, and START before the others.

    All int64[n]; at, timeouts: microseconds. Returns (start row, end row, outcome, repeated starts, row of the last
    heartbeat), int64 per span: a row of -1 is none; the outcome of an open span is START. A heartbeat of no open span is none.
    """
    found = tuple(np.empty(len(groups), np.int64) for _ in range(5))
    count = _pair(groups, at, roles, timeouts, *found)
    return tuple(each[:count] for each in found)
