"""Whole columns of ids at once: which of them are plainly fine. The rest is judged one by one by id_rules.py."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from pipelines.judge.id_rules import PADDING, PLACEHOLDERS

pc: Any = pyarrow.compute  # made at import, so no type checker knows its functions
_PLACEHOLDERS = pa.array(sorted(PLACEHOLDERS), pa.string())


def is_fine(column: pa.Array, max_chars: int) -> np.ndarray:
    """bool: text of at most max_chars without control characters that is no placeholder. Null (no id at all) is fine."""
    bare = pc.utf8_lower(pc.utf8_trim(column, PADDING))
    fine = pc.and_not(pc.less_equal(pc.utf8_length(column), max_chars), pc.is_in(bare, value_set=_PLACEHOLDERS))
    if _has_controls(column):
        fine = pc.and_(fine, pc.utf8_is_printable(column))
    return pc.fill_null(fine, True).to_numpy(zero_copy_only=False)


def _has_controls(column: pa.Array) -> bool:
    """Anywhere in the column: in UTF-8 these bytes are never part of another character."""
    text = column.buffers()[2]
    data = np.frombuffer(text, np.uint8) if text is not None else np.zeros(0, np.uint8)
    return bool(((data < 32) | (data == 127)).any())
