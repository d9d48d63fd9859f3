"""The decompressed bytes of a file: bounded in memory, capped, and only of a gzip whose checksum holds.

Plain and gzip are told by their first bytes. Where records end belongs to pipelines.records.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pipelines.config.sources import Limits
from pipelines.envelope import FileRefused
from pipelines.files.kinds import GZIP

READ_BYTES = 1 << 20
RATIO_AFTER_BYTES = 16 << 20  # small files compress as they like


class Stream:
    """Iterates the decompressed bytes in chunks of at most `chunk_bytes`; memory does not grow with the file.

    `truncated` (known at the end): a gzip was cut in the middle. Errors: FileRefused file_corrupt (bad data, wrong checksum)
    or file_bomb; what was handed out before it must not be used, so call `verify` first.
    """

    def __init__(self, path: Path, limits: Limits, chunk_bytes: int = READ_BYTES) -> None:
        self._path, self._limits, self._chunk_bytes = path, limits, chunk_bytes
        self.truncated = False
        self.is_gzip = False
        self.offset = 0  # decompressed bytes handed out

    def __iter__(self) -> Iterator[bytes]:
        self.offset = 0
        with self._path.open("rb") as file:
            self.is_gzip = file.peek(2)[:2] == GZIP
            for chunk in self._inflate(file) if self.is_gzip else iter(lambda: file.read(self._chunk_bytes), b""):
                self.offset += len(chunk)
                yield chunk

    def verify(self) -> None:
        """Reads a gzip to its end, its checksums and the caps included; a plain file needs none of it."""
        for _ in self:
            if not self.is_gzip:
                return

    def head(self, size: int) -> bytes:
        """The first bytes."""
        found = b""
        for chunk in self:
            found += chunk
            if len(found) >= size:
                break
        return found[:size]

    def _inflate(self, file: BinaryIO) -> Iterator[bytes]:
        """Member after member; zlib checks each one's CRC and length."""
        waiting = b""
        while waiting := waiting or file.read(READ_BYTES):
            if not waiting.strip(b"\0"):  # padding, as on tapes
                waiting = b""
                continue
            member = zlib.decompressobj(wbits=31)
            while not member.eof:
                is_end = not (waiting := waiting or file.read(READ_BYTES))
                chunk = self._decompress(member, waiting)
                if is_end and not chunk and not member.eof:
                    self.truncated = True
                    return
                waiting = member.unused_data if member.eof else member.unconsumed_tail
                self._cap(file.tell() - len(waiting), len(chunk))
                if chunk:
                    yield chunk

    def _decompress(self, member, waiting: bytes) -> bytes:
        try:
            return member.decompress(waiting, self._chunk_bytes)
        except zlib.error as error:
            what = f"gzip data is damaged near decompressed byte {self.offset}: {error}"
            raise FileRefused("file_corrupt", f"{what}; nothing of it was accepted, fetch the file again") from error

    def _cap(self, read: int, more: int) -> None:
        size = self.offset + more
        if size > self._limits.max_file_bytes:
            what = f"more than {self._limits.max_file_bytes} bytes decompressed"
            raise FileRefused("file_bomb", f"{what}; split it, or raise limits.max_file_bytes of the source")
        if size > RATIO_AFTER_BYTES and size > read * self._limits.max_ratio:
            what = f"{read} bytes became {size}, more than {self._limits.max_ratio} times as many"
            raise FileRefused("file_bomb", f"{what}; if it is honest, raise limits.max_ratio of the source")
