"""Texts that lie scattered in a block, copied one after the other as Arrow wants them."""

import numpy as np
import pyarrow as pa

from pipelines.kernels.compiled import entry
from pipelines.kernels.json_hash import address, copied
from pipelines.kernels.memory import PADDING


@entry("void(int64[::1], int32[::1], int32[::1], uint8[::1])")
def _gather(starts, sizes, offsets, target):
    first = to = address(target)
    for row in range(len(starts)):
        offsets[row] = to - first
        to = copied(starts[row], max(sizes[row], 0), to)
    offsets[len(starts)] = to - first


def gather(starts: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, pa.Buffer]:
    """(int32 offsets, the texts). starts: int64 addresses in padded memory; a negative size gives nothing.

    Arrow's own memory comes again when a table is dropped; numpy's is fresh each time, and touching that took most of the
    time.
    """
    offsets, size = np.empty(len(starts) + 1, np.int32), int(np.maximum(sizes, 0).sum())
    texts = pa.allocate_buffer(size + len(PADDING))
    _gather(np.ascontiguousarray(starts), np.ascontiguousarray(sizes), offsets, np.frombuffer(texts, np.uint8))
    return offsets, texts.slice(0, size)
