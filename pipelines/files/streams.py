"""The decompressed bytes of a file: bounded in memory, capped, and only of a gzip or zstd whose checksums hold.

Plain, gzip and zstd are told by their first bytes. Where records end belongs to pipelines.files.records.
"""

import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from pipelines.config.sources import Limits
from pipelines.envelope import FileRefused
from pipelines.files.kinds import GZIP
from pipelines.files.zstd_frames import SKIPPABLE, ZSTD, Frames

READ_BYTES = 1 << 20
RATIO_AFTER_BYTES = 16 << 20  # small files compress as they like


class Stream:
    """Iterates the decompressed bytes in chunks of about `chunk_bytes`; memory does not grow with the file.

    `truncated` (known at the end): the compressed file was cut in the middle. Errors: FileRefused file_corrupt (bad data, wrong
    checksum), file_bomb, file_unsupported; what was handed out before it must not be used, so call `verify` first.
    """

    def __init__(self, path: Path, limits: Limits, chunk_bytes: int = READ_BYTES) -> None:
        self._path, self._limits, self._chunk_bytes = path, limits, chunk_bytes
        self.truncated = False
        self.is_packed = False
        self.offset = 0  # decompressed bytes handed out

    def __iter__(self) -> Iterator[bytes]:
        self.offset = 0
        with self._path.open("rb") as file:
            for chunk in self._chunks(file):
                self.offset += len(chunk)
                yield chunk

    def _chunks(self, file: BufferedReader) -> Iterator[bytes]:
        magic = file.peek(4)[:4]
        is_gzip, is_zstd = magic.startswith(GZIP), magic in (ZSTD, *SKIPPABLE)
        self.is_packed = is_gzip or is_zstd
        if is_gzip:
            return self._inflate(file)
        return self._unpack(file) if is_zstd else iter(lambda: file.read(self._chunk_bytes), b"")

    def verify(self) -> None:
        """Reads a compressed file to its end, its checksums and the caps included; a plain file needs none of it."""
        for _ in self:
            if not self.is_packed:
                return

    def head(self, size: int) -> bytes:
        """The first bytes."""
        found = b""
        for chunk in self:
            found += chunk
            if len(found) >= size:
                break
        return found[:size]

    def _unpack(self, file: BufferedReader) -> Iterator[bytes]:
        """Frame after frame of zstd, its small blocks gathered."""
        frames, found, size = Frames(file), [], 0
        for block in frames:
            found.append(block)
            size += len(block)
            self._cap(frames.read, size)
            if size >= self._chunk_bytes:
                yield b"".join(found)
                found, size = [], 0
        self.truncated = frames.is_cut
        if size:
            yield b"".join(found)

    def _inflate(self, file: BufferedReader) -> Iterator[bytes]:
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
        refuse_bomb(self._limits, read, self.offset + more)


def refuse_bomb(limits: Limits, read: int, size: int) -> None:
    """`read` bytes became `size`. Errors: FileRefused file_bomb."""
    if size > limits.max_file_bytes:
        what = f"more than {limits.max_file_bytes} bytes decompressed"
        raise FileRefused("file_bomb", f"{what}; split it, or raise limits.max_file_bytes of the source")
    if size > RATIO_AFTER_BYTES and size > read * limits.max_ratio:
        what = f"{read} bytes became {size}, more than {limits.max_ratio} times as many"
        raise FileRefused("file_bomb", f"{what}; if it is honest, raise limits.max_ratio of the source")
