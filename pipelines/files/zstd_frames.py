"""A zstd file, frame by frame and block by block: whole or cut, and never more memory than a window and a block.

Only boundaries are read here, by the rules of RFC 8878; zstandard decompresses and checks the checksums. Why so: its stream
reader cannot tell a cut file from a whole one, and its decompressor hands out at once all that its input becomes, which may
be 32,000 times as much. A block becomes 128 KiB at most.
"""

from collections.abc import Iterator
from io import BufferedReader

import zstandard

from pipelines.envelope import FileRefused

ZSTD = b"\x28\xb5\x2f\xfd"
SKIPPABLE = tuple(bytes([n]) + b"\x2a\x4d\x18" for n in range(0x50, 0x60))  # frames with an index, say
MAX_WINDOW_BYTES = 128 << 20  # what zstd itself opens without being told to; larger ones need --long or --ultra

_HEADER_BYTES = 18  # at most
_LONGEST_BLOCK = 128 << 10
_RUN = 1  # the kind of block that repeats one byte
_PIECE = 1 << 20


class Cut(Exception):
    """The file ends inside a frame."""


class Frames:
    """Iterates the decompressed bytes, a block at a time. `read`: compressed bytes so far; `is_cut` is known at the end.

    Errors: FileRefused file_corrupt, file_bomb (a window that is too large), file_unsupported (a dictionary).
    """

    def __init__(self, file: BufferedReader) -> None:
        self._file = file
        self.read = 0
        self.is_cut = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            while magic := self._magic():
                if magic in SKIPPABLE:
                    self._skip(int.from_bytes(self._take(4), "little"))
                else:
                    yield from self._blocks(magic)
        except Cut:
            self.is_cut = True
        except zstandard.ZstdError as error:
            raise self._corrupt(str(error)) from error

    def _magic(self) -> bytes:
        """How the next frame begins; nothing at the end of the file."""
        magic = self._file.read(4)
        self.read += len(magic)
        if not any(each.startswith(magic) for each in (ZSTD, *SKIPPABLE)):
            raise self._corrupt("no frame begins there")
        if 0 < len(magic) < 4:
            raise Cut
        return magic

    def _blocks(self, magic: bytes) -> Iterator[bytes]:
        header, has_checksum = self._header(magic)
        frame = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES).decompressobj()
        yield frame.decompress(header)
        is_last = False
        while not is_last:
            head = self._take(3)
            is_last, kind, size = head[0] & 1, head[0] >> 1 & 3, int.from_bytes(head, "little") >> 3
            if size > _LONGEST_BLOCK:
                raise self._corrupt("a block is longer than blocks may be")
            block = self._take(1 if kind == _RUN else size)
            yield frame.decompress(head + block)
        if has_checksum:
            yield frame.decompress(self._take(4))
        if not frame.eof:
            raise self._corrupt("its frame is not complete")

    def _header(self, magic: bytes) -> tuple[bytes, bool]:
        """(the frame's header, does a checksum follow its blocks)"""
        start = magic + self._take(2)
        header = start + self._take(zstandard.frame_header_size(start + bytes(_HEADER_BYTES)) - len(start))
        said = zstandard.get_frame_parameters(header)
        if said.window_size > MAX_WINDOW_BYTES:
            what = f"a zstd frame asks for {said.window_size} bytes of memory, at most {MAX_WINDOW_BYTES}"
            raise FileRefused("file_bomb", f"{what}; compress it without --long and --ultra")
        if said.dict_id:
            what = f"zstd data that needs dictionary {said.dict_id}"
            raise FileRefused("file_unsupported", f"{what}; compress it without a dictionary")
        return header, said.has_checksum

    def _take(self, size: int) -> bytes:
        data = self._file.read(size)
        self.read += len(data)
        if len(data) < size:
            raise Cut
        return data

    def _skip(self, size: int) -> None:
        while size:
            size -= len(self._take(min(size, _PIECE)))

    def _corrupt(self, what: str) -> FileRefused:
        where = f"zstd data is damaged near compressed byte {self.read}: {what}"
        return FileRefused("file_corrupt", f"{where}; nothing of it was accepted, fetch the file again")
