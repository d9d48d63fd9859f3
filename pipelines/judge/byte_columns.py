"""What can be asked of all bytes of a block at once, instead of line by line."""

import numpy as np


def nested_lines(body: bytes, max_depth: int) -> set[int]:
    """Indexes of lines with so many brackets that they may nest deeper than `max_depth`."""
    data = np.frombuffer(body, np.uint8)
    line_ends = np.append(np.flatnonzero(data == ord("\n")), len(data))
    brackets = np.flatnonzero((data | 32) == ord("{"))  # "[" | 32 is "{"
    counts = np.diff(np.searchsorted(brackets, line_ends), prepend=0)
    return set(np.flatnonzero(counts > max_depth).tolist())
