"""Texts that lie scattered in a block, copied one after the other as Arrow wants them."""

import numpy as np

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


def gather(starts: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(int32 offsets, uint8 texts). starts: int64 addresses in padded memory; a negative size gives nothing."""
    offsets = np.empty(len(starts) + 1, np.int32)
    texts = np.empty(int(np.maximum(sizes, 0).sum()) + len(PADDING), np.uint8)
    _gather(starts, sizes, offsets, texts)
    return offsets, texts[: -len(PADDING)]
