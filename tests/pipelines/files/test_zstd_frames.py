"""Zstandard: the same bytes as plain, whatever the frames; cut is told from whole; a hostile frame takes no memory."""

import random
import tracemalloc
from pathlib import Path

import pytest
import zstandard

from pipelines.envelope import FileRefused
from pipelines.files import Stream, blocks, inspect
from pipelines.files.zstd_frames import SKIPPABLE
from tests.pipelines.judge.records import WEB, line

TEXT = b"".join(line(event_id=f"e-{n}", properties={"n": random.Random(n).random()}) + b"\n" for n in range(3000))
INDEX = SKIPPABLE[14] + (9).to_bytes(4, "little") + b"an index!"


def pack(data: bytes, level: int = 3, **parameters) -> bytes:
    parameters = {"write_checksum": True} | parameters
    chosen = zstandard.ZstdCompressionParameters.from_level(level, **parameters)
    return zstandard.ZstdCompressor(compression_params=chosen).compress(data)


def streamed(data: bytes, size: int) -> bytes:
    """One frame that does not say its size, flushed every `size` bytes."""
    packer, pieces = zstandard.ZstdCompressor(write_checksum=True).compressobj(), []
    for start in range(0, len(data), size):
        pieces += [packer.compress(data[start : start + size]), packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)]
    return b"".join([*pieces, packer.flush()])


def run_of_zeros(count: int) -> bytes:
    """A frame of `count` blocks, each of four bytes that become 128 KiB."""
    block = (128 << 10) << 3 | 1 << 1
    head = zstandard.ZstdCompressor().compressobj()
    start = (head.compress(bytes(1 << 18)) + head.flush())[:6]
    return start + b"".join((block | (n == count - 1)).to_bytes(3, "little") + b"\0" for n in range(count))


def unpacked(path: Path, data: bytes, source=WEB, chunk_bytes: int = 1 << 20) -> tuple[bytes, bool]:
    path.write_bytes(data)
    inspect(path, source)
    stream = Stream(path, source.limits, chunk_bytes)
    return b"".join(stream), stream.truncated


WHOLE = {
    "one frame": pack(TEXT),
    "level 19": pack(TEXT, 19),
    "no checksum": pack(TEXT, write_checksum=False),
    "no size": pack(TEXT, write_content_size=False),
    "several frames": pack(TEXT[:1000]) + pack(b"") + pack(TEXT[1000:]),
    "an index in front, between and behind": INDEX + pack(TEXT[:1000]) + INDEX + pack(TEXT[1000:]) + INDEX,
    "flushed": streamed(TEXT, 777),
}


@pytest.mark.parametrize("case", WHOLE)
def test_frames_of_any_kind_give_the_same_bytes(tmp_path, case):
    for chunk_bytes in (1, 1000, 1 << 20):
        assert unpacked(tmp_path / "f", WHOLE[case], chunk_bytes=chunk_bytes) == (TEXT, False)


def test_a_cut_is_told_wherever_it_is(tmp_path):
    packed = INDEX + streamed(TEXT[:3000], 400) + streamed(TEXT[3000:6000], 400)
    ends = {len(INDEX), len(INDEX + streamed(TEXT[:3000], 400)), len(packed)}
    for cut in range(4, len(packed) + 1):  # shorter, it is no zstd yet
        (tmp_path / "f").write_bytes(packed[:cut])
        stream = Stream(tmp_path / "f", WEB.limits)
        assert TEXT.startswith(b"".join(stream)) and stream.truncated == (cut not in ends), cut


def test_records_before_a_cut_are_read(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(streamed(TEXT, 1000)[:-9000])
    inspect(path, WEB)
    last = list(blocks(path, WEB, 0, block_bytes=1000))[-1]
    assert last.truncated and last.is_last and last.first_record > 1000


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


DICTIONARY = zstandard.train_dictionary(2000, [TEXT[n : n + 300] for n in range(0, len(TEXT), 300)])
WIDE = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=30)).compressobj()
BAD = {
    "a wrong checksum": (flipped(pack(TEXT), -1), "file_corrupt"),
    "a wrong checksum in the second frame": (pack(TEXT) + flipped(pack(TEXT), -1), "file_corrupt"),
    "a flipped bit": (flipped(pack(TEXT), 5000), "file_corrupt"),
    "a wrong size": (flipped(pack(TEXT), 6), "file_corrupt"),
    "rubbish behind": (pack(TEXT) + b"rubbish", "file_corrupt"),
    "two bytes behind": (pack(TEXT) + b"ru", "file_corrupt"),
    "rubbish behind the magic": (pack(TEXT)[:4] + bytes(range(200, 256)), "file_corrupt"),
    "a block that is too long": (pack(TEXT, write_content_size=False)[:6] + b"\xff\xff\xff", "file_corrupt"),
    "cut in its header": (pack(TEXT)[:5], "file_corrupt"),
    "a dictionary": (zstandard.ZstdCompressor(dict_data=DICTIONARY).compress(TEXT), "file_unsupported"),
    "a window of a gigabyte": (WIDE.compress(TEXT) + WIDE.flush(), "file_bomb"),
    "40 MB of zeros": (pack(bytes(40 << 20)), "file_bomb"),
    "4 GB of zeros": (run_of_zeros(32_768), "file_bomb"),
    "zstd inside zstd": (pack(pack(TEXT)), "file_unsupported"),
    "UTF-16": (pack(TEXT.decode().encode("utf-16")), "file_encoding"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_before_anything_of_it_is_read(tmp_path, case):
    data, reason = BAD[case]
    tracemalloc.start()
    with pytest.raises(FileRefused) as refused:
        unpacked(tmp_path / "f", data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.reason == reason, refused.value.detail
    assert len(refused.value.detail) > 20 and peak < 24 << 20


def test_a_bomb_within_its_ratio_ends_at_the_cap(tmp_path):
    limits = WEB.limits.model_copy(update={"max_file_bytes": 1 << 20, "max_ratio": 1 << 20})
    with pytest.raises(FileRefused, match="file_bomb"):
        unpacked(tmp_path / "f", run_of_zeros(100), WEB.model_copy(update={"limits": limits}))
