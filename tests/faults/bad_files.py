"""The catalogue of bad input, by the file: its bytes, and what becomes of it as a whole."""

import gzip
import random
import struct
import zlib
from dataclasses import dataclass, field

from tests.faults.catalogue import SHOP_HEADER, line


@dataclass(frozen=True, slots=True)
class File:
    """One file of the web's source. `failure`: its reason code, or None when it is read; then its records become this."""

    name: str
    data: bytes
    failure: str | None = None
    accepted: int = 0
    blank: int = 0
    refused: dict[str, int] = field(default_factory=dict)


def lines(tag: str, count: int) -> list[bytes]:
    return [line(event_id=f"{tag}-{n}") + b"\n" for n in range(count)]


def text(tag: str, count: int = 40) -> bytes:
    return b"".join(lines(tag, count))


def cut_gzip(data: bytes) -> bytes:
    """Stored, not compressed, so that it is plain which record the cut hits."""
    packed = gzip.compress(data, 0, mtime=0)
    return packed[: 10 + 5 + len(data) - 30]


def with_trailer(data: bytes, crc: int, size: int) -> bytes:
    return gzip.compress(data, mtime=0)[:-8] + struct.pack("<II", crc & 0xFFFFFFFF, size & 0xFFFFFFFF)


def noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)


READ = [
    File("empty.ndjson", b""),
    File("empty.ndjson.gz", gzip.compress(b"")),
    File("only-blank-lines.ndjson", b"\n \n\t\n\r\n", blank=4),
    File("mark.ndjson", b"\xef\xbb\xbf" + text("mark"), accepted=40),
    File("crlf.ndjson", text("crlf").replace(b"\n", b"\r\n"), accepted=40),
    File("no-newline-at-the-end.ndjson", text("end")[:-1], accepted=40),
    File("cut-line.ndjson", text("cut")[:-30], accepted=39, refused={"file_truncated": 1}),
    File(
        "cut-character.ndjson",
        text("char", 3) + '{"event_id":"é'.encode()[:-1],
        accepted=3,
        refused={"file_truncated": 1},
    ),
    File("cut.ndjson.gz", cut_gzip(text("cut-gz")), accepted=39, refused={"file_truncated": 1}),
    File("members.ndjson.gz", gzip.compress(text("m-1")) + gzip.compress(text("m-2")), accepted=80),
    File("padded.ndjson.gz", gzip.compress(text("padded")) + bytes(512), accepted=40),
    File("plain-under-a-gzip-name.ndjson.gz", text("plain"), accepted=40),
    File("gzip-under-a-plain-name.ndjson", gzip.compress(text("packed")), accepted=40),
    File("'; drop table files; --.ndjson", text("name"), accepted=40),
    File("ünï <b> $(x) 👩‍👩‍👧‍👦.ndjson", text("letters"), accepted=40),
]
REFUSED = [
    File("wrong-crc.gz", with_trailer(text("crc"), 1, len(text("crc"))), "file_corrupt"),
    File("wrong-length.gz", with_trailer(text("size"), zlib.crc32(text("size")), 1), "file_corrupt"),
    File(
        "flipped.gz",
        gzip.compress(text("flip"))[:60] + b"\xff\xff\xff" + gzip.compress(text("flip"))[63:],
        "file_corrupt",
    ),
    File("rubbish-behind.gz", gzip.compress(text("behind")) + b"rubbish", "file_corrupt"),
    File("cut-in-its-header.gz", gzip.compress(text("header"))[:9], "file_corrupt"),
    File("bomb.ndjson.gz", gzip.compress(bytes(40 << 20), 1), "file_bomb"),
    File("utf-16.ndjson", text("u16").decode().encode("utf-16"), "file_encoding"),
    File("utf-16-le.ndjson", text("u16le").decode().encode("utf-16-le"), "file_encoding"),
    File("utf-32.ndjson.gz", gzip.compress(text("u32").decode().encode("utf-32")), "file_encoding"),
    File("photo.ndjson", b"\xff\xd8\xff\xe0\x00\x10JFIF" + noise(3000), "file_corrupt"),
    File("picture.ndjson", b"\x89PNG\r\n\x1a\n" + noise(3000), "file_corrupt"),
    File("noise.ndjson", noise(5000), "file_corrupt"),
    File("zeros.ndjson", bytes(5000), "file_corrupt"),
    File("archive.ndjson", b"PK\x03\x04" + noise(300), "file_unsupported"),
    File("table.ndjson", b"PAR1" + noise(300) + b"PAR1", "file_unsupported"),
    File("tape.ndjson", b"a.json".ljust(257, b"\0") + b"ustar\0" + bytes(300), "file_unsupported"),
]
SHOP_REFUSED = [
    File("column-missing.csv", SHOP_HEADER.replace(b",CustomerID", b"") + b"\n", "file_unsupported"),
    File("column-renamed.csv", SHOP_HEADER.replace(b"Quantity", b"Qty") + b"\n", "file_unsupported"),
    File("column-twice.csv", SHOP_HEADER + b",Country\n", "file_unsupported"),
    File("latin-1-header.csv", SHOP_HEADER + b",Gr\xf6\xdfe\n", "file_encoding"),
    File("page.csv", b"<!doctype html><title>404</title>\n", "file_unsupported"),
]
