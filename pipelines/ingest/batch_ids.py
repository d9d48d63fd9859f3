"""The event ids of the batch in work: which row brought an id first, whatever came in between.

A hash table on whole arrays: every row that has not found its place yet takes one more step at a time. The ids are hashes
already, so their low bits serve. Source: sorted runs took 3 µs an id for 2 million of them, mostly merging; this takes 0.3.
"""

import numpy as np

SMALLEST = 1 << 15
EMPTY = -1


class BatchIds:
    """Rows uint64[n, 3] (upper and lower half of the id hash, payload hash), each id once; about 50 bytes an id."""

    def __init__(self) -> None:
        self._rows = np.empty((SMALLEST, 3), np.uint64)
        self._slots = np.full(4 * SMALLEST, EMPTY, np.int32)  # place in _rows; at least half of them are empty
        self._count = 0

    def rows(self) -> np.ndarray:
        """Every id once, in the order in which it came; do not write into it."""
        return self._rows[: self._count]

    def add(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Keeps the rows whose id is new. Returns is_new bool[n] and for each row the payload hash that came first."""
        self._make_room(len(rows))
        self._rows[self._count : self._count + len(rows)] = rows
        first, slots = self._find(self._count, self._count + len(rows))
        is_new = first == np.arange(self._count, self._count + len(rows))
        payloads = self._rows[first, 2]
        self._keep(rows[is_new], slots[is_new])
        return is_new, payloads

    def _find(self, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """For _rows[start:end]: the first row with the same id, and the slot that says so. Ids that are new take a slot."""
        mine = self._rows[start:end, :2]
        slots = (mine[:, 0] & np.uint64(len(self._slots) - 1)).astype(np.int64)
        first, open_rows = np.full(end - start, EMPTY, np.int64), np.arange(end - start)
        while len(open_rows):
            at = slots[open_rows]
            is_free = self._slots[at] == EMPTY
            # of several rows that take one slot the last that is written stays: the earliest
            self._slots[at[is_free][::-1]] = start + open_rows[is_free][::-1]
            held = self._slots[at]
            theirs, ours = self._rows[held], mine[open_rows]
            is_mine = (theirs[:, 0] == ours[:, 0]) & (theirs[:, 1] == ours[:, 1])
            first[open_rows[is_mine]] = held[is_mine]
            open_rows = open_rows[~is_mine]
            slots[open_rows] = (slots[open_rows] + 1) & (len(self._slots) - 1)
        return first, slots

    def _keep(self, rows: np.ndarray, slots: np.ndarray) -> None:
        """Closes the gaps that repeated rows left."""
        end = self._count + len(rows)
        self._rows[self._count : end] = rows
        self._slots[slots] = np.arange(self._count, end)
        self._count = end

    def _make_room(self, more: int) -> None:
        if self._count + more <= len(self._rows):
            return
        known, size = self.rows(), len(self._rows)
        while size < self._count + more:
            size *= 2
        self._rows = np.empty((size, 3), np.uint64)
        self._rows[: self._count] = known
        self._slots = np.full(4 * size, EMPTY, np.int32)
        self._find(0, self._count)
