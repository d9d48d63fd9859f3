"""Bad and odd files: what is refused whole, what is cut, and what is just another way to write lines."""

import gzip
import struct
import zlib
from pathlib import Path

import pytest
import zstandard

from pipelines.envelope import RAW_KEPT_BYTES, FileRefused
from tests.pipelines.judge.records import WEB, events_of, judge_bytes, judge_file, line, refused_of

SHAPES = {
    "empty": (b"", 0, 0),
    "no newline at the end": (line(), 1, 0),
    "one line": (line() + b"\n", 1, 0),
    "CRLF": (line() + b"\r\n" + line() + b"\r\n", 2, 0),
    "BOM": (b"\xef\xbb\xbf" + line() + b"\n", 1, 0),
    "BOM alone": (b"\xef\xbb\xbf", 0, 0),
    "blank lines": (b"\n \n" + line() + b"\n\t\n\r\n", 1, 4),
    "only a newline": (b"\n", 0, 1),
    "blanks at the end": (line() + b"  \n" + line() + b" ", 2, 0),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_harmless_shapes_of_files(tmp_path, shape, pack):
    data, accepted, blank = SHAPES[shape]
    judged = judge_bytes(tmp_path, pack(data))
    assert (len(events_of(judged)), sum(each.blank for each in judged)) == (accepted, blank)
    assert refused_of(judged) == []
    assert sum(each.records for each in judged) == accepted + blank


def test_a_last_line_that_is_cut(tmp_path):
    judged = judge_bytes(tmp_path, line() + b"\n" + line(properties={"a": "é"})[:-30])
    assert len(events_of(judged)) == 1
    assert [each["reason"] for each in refused_of(judged)] == ["file_truncated"]


def test_a_last_line_that_is_cut_inside_a_character(tmp_path):
    judged = judge_bytes(tmp_path, line() + b"\n" + '{"event_id":"é'.encode()[:-1])
    assert [each["reason"] for each in refused_of(judged)] == ["file_truncated"]


@pytest.mark.parametrize("block_bytes", [1 << 10, 4 << 20])
def test_a_gzip_that_is_cut_gives_its_complete_lines(tmp_path, block_bytes):
    lines = [line(event_id=f"e-{n}", properties={"n": n**9}) for n in range(3000)]
    packed = gzip.compress(b"\n".join(lines) + b"\n")
    judged = judge_bytes(tmp_path, packed[: len(packed) // 2], block_bytes=block_bytes)
    events, refused = events_of(judged), refused_of(judged)
    assert [each["event_id"] for each in events] == [f"e-{n}" for n in range(len(events))]
    assert 500 < len(events) < 2999
    assert [each["reason"] for each in refused] == ["file_truncated"]
    assert refused[0]["raw"] == lines[len(events)][: refused[0]["raw_size"]]


def crc_broken(data: bytes) -> bytes:
    packed = gzip.compress(data)
    return packed[:-8] + struct.pack("<I", zlib.crc32(data) ^ 1) + packed[-4:]


def bit_flipped(data: bytes) -> bytes:
    packed = bytearray(gzip.compress(data, mtime=0))
    packed[len(packed) // 2] ^= 16
    return bytes(packed)


LINES = b"".join(line(event_id=f"e-{n}") + b"\n" for n in range(500))
FILES = {
    "gzip with a wrong CRC": (crc_broken(LINES), "file_corrupt"),
    "second member with a wrong CRC": (gzip.compress(LINES) + crc_broken(LINES), "file_corrupt"),
    "gzip with a flipped bit": (bit_flipped(LINES), "file_corrupt"),
    "gzip with rubbish behind it": (gzip.compress(LINES) + b"rubbish", "file_corrupt"),
    "gzip cut in its header": (gzip.compress(LINES)[:12], "file_corrupt"),
    "gzip inside gzip": (gzip.compress(gzip.compress(LINES)), "file_unsupported"),
    "a bomb": (gzip.compress(bytes(1 << 25) + b"\n", 1), "file_bomb"),
    "UTF-16 with a mark": (LINES.decode().encode("utf-16"), "file_encoding"),
    "UTF-16 little endian": (LINES.decode().encode("utf-16-le"), "file_encoding"),
    "UTF-16 big endian": (LINES.decode().encode("utf-16-be"), "file_encoding"),
    "UTF-32": (LINES.decode().encode("utf-32"), "file_encoding"),
    "UTF-32 without a mark": (LINES.decode().encode("utf-32-be"), "file_encoding"),
    "UTF-16 in gzip": (gzip.compress(LINES.decode().encode("utf-16")), "file_encoding"),
    "a JPEG": (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 4, "file_corrupt"),
    "a PNG": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "file_corrupt"),
    "a PDF": (b"%PDF-1.7\n", "file_corrupt"),
    "noise": (bytes(n * n * 7 % 251 for n in range(5000)), "file_corrupt"),
    "zeros": (bytes(5000), "file_corrupt"),
    "a zip": (b"PK\x03\x04" + bytes(100), "file_unsupported"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(100), "file_unsupported"),
    "xz": (b"\xfd7zXZ\x00" + bytes(100), "file_unsupported"),
    "bzip2": (b"BZh91AY&SY\x8c\x00\x01", "file_unsupported"),
    "rubbish behind zstd's first bytes": (b"\x28\xb5\x2f\xfd" + bytes(100), "file_corrupt"),
    "zstd inside gzip": (gzip.compress(zstandard.compress(LINES)), "file_unsupported"),
    "gzip inside zstd": (zstandard.compress(gzip.compress(LINES)), "file_unsupported"),
    "tar in zstd": (zstandard.compress(b"a.json".ljust(257, b"\0") + b"ustar\0" + bytes(300)), "file_unsupported"),
    "Parquet": (b"PAR1" + bytes(100), "file_unsupported"),
    "tar": (b"a.json".ljust(257, b"\0") + b"ustar\0" + bytes(300), "file_unsupported"),
    "tar in gzip": (gzip.compress(b"a.json".ljust(257, b"\0") + b"ustar\0" + bytes(300)), "file_unsupported"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_bad_file_is_refused_whole(tmp_path, case):
    data, reason = FILES[case]
    with pytest.raises(FileRefused) as refused:
        judge_bytes(tmp_path, data)
    assert refused.value.reason == reason, refused.value.detail
    assert len(refused.value.detail) > 10


@pytest.mark.parametrize("start", [b"ORCID", b"ID3", b"BZh", b"PAR1", b"RIFF", b"GIF8", b"OggS"])
def test_text_is_no_binary_whatever_it_begins_with(tmp_path, start):
    assert [each["reason"] for each in refused_of(judge_bytes(tmp_path, start + b",a,b\n"))] == ["not_json"]


def test_one_record_of_bytes_does_not_condemn_its_file(tmp_path):
    judged = judge_bytes(tmp_path, line() + b"\n" + bytes(range(256)).replace(b"\n", b"") + b"\n" + line() + b"\n")
    assert len(events_of(judged)) == 2 and len(refused_of(judged)) == 1


def test_a_record_larger_than_memory_should_hold(tmp_path):
    limits = WEB.limits.model_copy(update={"max_event_bytes": 1000})
    source = WEB.model_copy(update={"limits": limits})
    large = line(properties={"a": "x" * 100_000})
    data = line(event_id="a") + b"\n" + large + b"\r\n" + line(event_id="b") + b"\n"
    for block_bytes in (999, 16_384, 4 << 20):
        judged = judge_bytes(tmp_path, data, source, block_bytes=block_bytes)
        assert [each["event_id"] for each in events_of(judged)] == ["a", "b"]
        (refused,) = refused_of(judged)
        assert refused["reason"] == "size_violation" and refused["record"] == 2
        assert (refused["raw"], refused["raw_size"]) == (large[:RAW_KEPT_BYTES], len(large))
        assert events_of(judged)[1]["event_number"] == 3


def test_a_file_is_told_by_its_bytes_not_its_name(tmp_path: Path):
    path = tmp_path / "plain.ndjson.gz"
    path.write_bytes(line() + b"\n")
    assert len(events_of(judge_file(path))) == 1
