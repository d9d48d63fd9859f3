"""Each attempt's steps as a list, up to the last one that it reached; and how deep it came."""

from collections.abc import Sequence

import numpy as np

from pipelines.kernels.compiled import entry
from pipelines.kernels.funnel_steps import NONE


@entry("int64(int64[:,::1], int32[::1])")
def _lengths(reached, offsets):
    """Fills where each list begins, and the end; returns it."""
    total = 0
    for number in range(len(reached)):
        offsets[number] = total
        length = reached.shape[1]
        while length and reached[number, length - 1] == NONE:
            length -= 1
        total += length
    offsets[len(reached)] = total
    return total


@entry("void(int64[:,::1], int32[::1], int64[::1], int64[::1], int64[::1], int64[::1], boolean[::1])")
def _fill(reached, offsets, at, event_numbers, moments, numbers, is_missing):
    for number in range(len(reached)):
        for place in range(offsets[number], offsets[number + 1]):
            row = reached[number, place - offsets[number]]
            is_missing[place] = row == NONE
            if row != NONE:
                moments[place], numbers[place] = at[row], event_numbers[row]


@entry("void(int64[:,::1], boolean[::1], int32[::1])")
def _deepest(reached, is_required, found):
    for number in range(len(reached)):
        step = reached.shape[1] - 1
        while step > 0 and (reached[number, step] == NONE or not is_required[step]):
            step -= 1
        found[number] = step + 1


def deepest(reached: np.ndarray, is_required: Sequence[bool]) -> np.ndarray:
    """int32: the number of the last required step that each attempt reached, 1 where it only began."""
    found = np.empty(len(reached), np.int32)
    _deepest(reached, np.array(is_required, bool), found)
    return found


def lists(reached: np.ndarray, at: np.ndarray, event_numbers: np.ndarray) -> tuple[np.ndarray, ...]:
    """reached: per attempt and step the row of its event, NONE: not reached. at, event_numbers: int64 of each row.

    Returns (offsets int32, one more than attempts; of all lists, one after the other: moments, numbers, is_missing).
    """
    offsets = np.empty(len(reached) + 1, np.int32)
    total = _lengths(reached, offsets)
    moments, numbers, is_missing = np.zeros(total, np.int64), np.zeros(total, np.int64), np.empty(total, bool)
    _fill(reached, offsets, at, event_numbers, moments, numbers, is_missing)
    return offsets, moments, numbers, is_missing
