"""The catalogue of bad input, by the file: its bytes, and what becomes of it as a whole."""

import gzip
import io
import json
import random
import struct
import zlib
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from tests.faults.catalogue import COLUMNS, SHOP_HEADER, event, line


@dataclass(frozen=True, slots=True)
class File:
    """One file of a source. `failure`: its reason code, or None when it is read; then its records become this."""

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


def cut_zstd(data: bytes) -> bytes:
    """A block a record, the last one cut off."""
    packer = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
    pieces = [packer.compress(each) + packer.flush(flush) for each in (data[:-200], data[-200:-150], data[-150:])]
    return b"".join(pieces)[:-1]


def of_window(bits: int, data: bytes) -> bytes:
    """Zstandard that wants 2**bits bytes of memory."""
    wide = zstandard.ZstdCompressionParameters(window_log=bits, write_content_size=False)
    packer = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    return packer.compress(data) + packer.flush()


def elements(tag: str, count: int = 40) -> bytes:
    return b"[" + text(tag, count).strip().replace(b"\n", b",\n") + b"]"


def table(count: int = 40, **layout) -> bytes:
    file = io.BytesIO()
    columns = {name: [f"{name} {n}" for n in range(count)] for name in COLUMNS}
    pq.write_table(pa.table(columns), file, **layout)
    return file.getvalue()


def zeros() -> bytes:
    """A table of 80 MB in a few kilobytes."""
    file = io.BytesIO()
    columns = {name: [""] for name in COLUMNS} | {"path": ["\0" * (80 << 20)]}
    pq.write_table(pa.table(columns), file, compression="zstd", use_dictionary=False, write_statistics=False)
    return file.getvalue()


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]


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
    File("frames.ndjson.zst", zstandard.compress(text("f-1")) + zstandard.compress(text("f-2")), accepted=80),
    File("cut.ndjson.zst", cut_zstd(text("cut-zst")), accepted=39, refused={"file_truncated": 1}),
    File("empty.ndjson.zst", zstandard.compress(b"")),
    File("zstd-under-a-plain-name.ndjson", zstandard.compress(text("zstd")), accepted=40),
    File("one-array-among-lines.ndjson", b"[1]\n" + text("among"), accepted=40, refused={"not_object": 1}),
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
ZSTD = zstandard.ZstdCompressor(write_checksum=True).compress(text("zst"))
REFUSED += [
    File("wrong-checksum.zst", flipped(ZSTD, -1), "file_corrupt"),
    File("flipped.zst", flipped(ZSTD, 60), "file_corrupt"),
    File("rubbish-behind.zst", ZSTD + b"rubbish", "file_corrupt"),
    File("zeros-behind.zst", ZSTD + bytes(512), "file_corrupt"),
    File("cut-in-its-header.zst", ZSTD[:5], "file_corrupt"),
    File("cut-in-its-only-block.zst", ZSTD[: len(ZSTD) // 2], "file_corrupt"),
    File("bomb.ndjson.zst", zstandard.compress(bytes(40 << 20)), "file_bomb"),
    File("a-window-of-a-gigabyte.zst", of_window(30, text("window")), "file_bomb"),
    File("twice.ndjson.gz", gzip.compress(gzip.compress(text("twice"))), "file_unsupported"),
    File("twice.ndjson.zst", zstandard.compress(ZSTD), "file_unsupported"),
    File("mixed.ndjson.gz", gzip.compress(ZSTD), "file_unsupported"),
    File("lz4.ndjson", b"\x04\x22\x4d\x18" + noise(300), "file_unsupported"),
    File("xz.ndjson", b"\xfd7zXZ\x00" + noise(300), "file_unsupported"),
    File("page.ndjson", b"%PDF-1.7\n" + noise(300), "file_corrupt"),
    File("array.ndjson", elements("an-array"), "file_unsupported"),
    File("pretty.ndjson.gz", gzip.compress(json.dumps([event()], indent=2).encode()), "file_unsupported"),
    File("whole-table.ndjson", table(), "file_unsupported"),
]
ARRAY_READ = [
    File("empty.json", b""),
    File("blank.json", b" \n"),
    File("no-elements.json", b"[ ]"),
    File("elements.json", elements("elements"), accepted=40),
    File("mark.json", b"\xef\xbb\xbf" + elements("mark"), accepted=40),
    File("crlf.json", elements("crlf").replace(b"\n", b"\r\n"), accepted=40),
    File("packed.json", zstandard.compress(elements("packed")), accepted=40),
    File("trailing-comma.json", elements("comma")[:-1] + b",]", accepted=40, refused={"not_json": 1}),
    File("two-commas.json", elements("commas").replace(b",\n", b",,\n", 1), accepted=40, refused={"not_json": 1}),
    File("cut.json", elements("cut")[:-30], accepted=39, refused={"file_truncated": 1}),
    File("not-closed.json", elements("open")[:-1], accepted=40, refused={"file_truncated": 1}),
    File("cut.json.gz", cut_gzip(elements("cut-gz")), accepted=39, refused={"file_truncated": 1}),
    File("cut.json.zst", cut_zstd(elements("cut-zst")), accepted=39, refused={"file_truncated": 1}),
    File("two-arrays.json", elements("one") + elements("two"), accepted=40, refused={"not_json": 1}),
    File("rubbish-behind.json", elements("rubbish") + b"\n</html>", accepted=40, refused={"not_json": 1}),
    File("an-open-text.json", elements("text").replace(b'docs"', b"docs", 1), refused={"not_json": 1}),
    File(
        "a-bracket-too-many.json",
        elements("bracket")[:-1] + b",{}}," + elements("lost")[1:],
        accepted=40,
        refused={"not_json": 1},
    ),
]
ARRAY_REFUSED = [
    File("object.json", line(), "file_unsupported"),
    File("lines.json", text("lines"), "file_unsupported"),
    File("words.json", b"Not Found\n", "file_unsupported"),
    File("utf-16.json", elements("u16").decode().encode("utf-16"), "file_encoding"),
    File("wrong-crc.json.gz", with_trailer(elements("crc"), 1, len(elements("crc"))), "file_corrupt"),
    File("bomb.json.zst", zstandard.compress(b"[" + b" " * (40 << 20)), "file_bomb"),
    File("table.json", table(), "file_unsupported"),
    File("noise.json", noise(5000), "file_corrupt"),
]
CHECKED = table(write_page_checksum=True, compression="none")
TABLE_REFUSED = [
    File("empty.parquet", b"", "file_corrupt"),
    File("cut.parquet", table()[:-100], "file_corrupt"),
    File("cut-at-the-start.parquet", table()[100:], "file_corrupt"),
    File("only-magic.parquet", b"PAR1PAR1", "file_corrupt"),
    File("footer-of-gigabytes.parquet", b"PAR1" + b"\xff\xff\xff\x7fPAR1", "file_corrupt"),
    File("broken-footer.parquet", table()[:-200] + bytes(150) + table()[-50:], "file_corrupt"),
    File("damaged-page.parquet", flipped(CHECKED, CHECKED.index(b"event_name 1")), "file_corrupt"),
    File("encrypted.parquet", b"PARE" + table()[4:-4] + b"PARE", "file_unsupported"),
    File("column-missing.parquet", table().replace(b"anonymous", b"anonymouz"), "file_unsupported"),
    File("packed.parquet.gz", gzip.compress(table()), "file_unsupported"),
    File("lines.parquet", text("lines"), "file_unsupported"),
    File("array.parquet", elements("array"), "file_unsupported"),
    File("noise.parquet", noise(5000), "file_corrupt"),
    File("bomb.parquet", zeros(), "file_bomb"),
]
SHOP_REFUSED = [
    File("column-missing.csv", SHOP_HEADER.replace(b",CustomerID", b"") + b"\n", "file_unsupported"),
    File("column-renamed.csv", SHOP_HEADER.replace(b"Quantity", b"Qty") + b"\n", "file_unsupported"),
    File("column-twice.csv", SHOP_HEADER + b",Country\n", "file_unsupported"),
    File("latin-1-header.csv", SHOP_HEADER + b",Gr\xf6\xdfe\n", "file_encoding"),
    File("page.csv", b"<!doctype html><title>404</title>\n", "file_unsupported"),
]
