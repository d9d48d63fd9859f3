"""Records that are never held whole: their first bytes, size and sha256 are gathered piece by piece."""

import hashlib
from dataclasses import dataclass

from pipelines.envelope import RAW_KEPT_BYTES


@dataclass(slots=True)
class Oversize:
    """A record that its reader refuses: its first bytes, and size and sha256 of the whole.

    As a rule it is too large to be held; a reader that cannot tell where a record ends gives the reason and the detail.
    """

    head: bytes
    size: int
    sha256: str
    byte_offset: int
    reason: str = "size_violation"
    detail: str = ""


class Large:
    """Such a record, as far as it has come. `byte_offset`: of its first byte in the decompressed stream."""

    def __init__(self, byte_offset: int, line: int = 0) -> None:
        self.line = line
        self._byte_offset, self._head, self._size = byte_offset, b"", 0
        self._sha256 = hashlib.sha256()

    def feed(self, piece: bytes) -> None:
        self._head += piece[: RAW_KEPT_BYTES - len(self._head)]
        self._size += len(piece)
        self._sha256.update(piece)

    def finish(self, reason: str = "size_violation", detail: str = "") -> Oversize:
        return Oversize(self._head, self._size, self._sha256.hexdigest(), self._byte_offset, reason, detail)
