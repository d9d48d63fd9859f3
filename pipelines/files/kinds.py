"""What is this file? Told by its first bytes, never by its name.

Which kinds are read and which are refused, and as what. Reading them belongs to pipelines.files.
"""

from pipelines.envelope import FileRefused
from pipelines.files.records import BOM
from pipelines.files.zstd_frames import ZSTD

GZIP = b"\x1f\x8b"
SAMPLE_BYTES = 64 << 10

_PACKED = "unpack it, or compress it with gzip or zstd"
_UNSUPPORTED = {
    b"PK\x03\x04": f"a zip archive (or a workbook such as xlsx); {_PACKED}",
    b"PK\x05\x06": f"an empty zip archive; {_PACKED}",
    b"7z\xbc\xaf\x27\x1c": f"a 7z archive; {_PACKED}",
    b"Rar!\x1a\x07": f"a rar archive; {_PACKED}",
    b"\xfd7zXZ\x00": f"an xz file; {_PACKED}",
    b"BZh": f"a bzip2 file; {_PACKED}",
    b"\x04\x22\x4d\x18": f"an lz4 file; {_PACKED}",
    b"PAR1": "a Parquet file; export it as ndjson or csv",
    b"ARROW1": "an Arrow file; export it as ndjson or csv",
    b"Obj\x01": "an Avro file; export it as ndjson or csv",
    b"ORC": "an ORC file; export it as ndjson or csv",
    b"SQLite format 3\x00": "a SQLite database; export it as ndjson or csv",
    b"\xd0\xcf\x11\xe0": "an old Office file such as xls; export it as csv",
}
_CORRUPT = {
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG\r\n\x1a\n": "a PNG picture",
    b"GIF8": "a GIF picture",
    b"%PDF-": "a PDF",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"RIFF": "a media file",
    b"OggS": "a media file",
    b"ID3": "a media file",
    b"wOF": "a font",
}
_WIDE = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


def refuse_foreign(sample: bytes) -> None:
    """`sample`: the first bytes of what should be text (decompressed).

    Errors: FileRefused file_encoding | file_unsupported | file_corrupt, naming what it is.
    """
    if kind := _starts(sample, _WIDE) or _wide_without_mark(sample):
        raise FileRefused("file_encoding", f"this is {kind} text; convert it to UTF-8")
    if _is_text(sample) and not sample.startswith(b"%PDF-"):
        return  # whatever it begins with: a csv may well have a column ORCID
    if kind := _starts(sample, {GZIP: "gzip", ZSTD: "zstd"}):
        raise FileRefused("file_unsupported", f"this is {kind} inside a compressed file; compress it once")
    if sample[257:262] == b"ustar":
        raise FileRefused("file_unsupported", f"this is a tar archive; {_PACKED}")
    if kind := _starts(sample, _UNSUPPORTED):
        raise FileRefused("file_unsupported", f"this is {kind}")
    if kind := _starts(sample, _CORRUPT) or _binary(sample):
        raise FileRefused("file_corrupt", f"this is {kind}, not text")


def _starts(sample: bytes, magics: dict[bytes, str]) -> str | None:
    return next((kind for magic, kind in magics.items() if sample.startswith(magic)), None)


def _wide_without_mark(sample: bytes) -> str | None:
    """JSON and csv are mostly ASCII: in UTF-16 every other byte is 0, in UTF-32 three of four."""
    even, odd = sample[0::2], sample[1::2]
    if len(odd) < 8:
        return None
    zeros = sorted((even.count(0) / len(even), odd.count(0) / len(odd)))
    if zeros[1] > 0.9 and 0.4 < zeros[0] < 0.6:
        return "UTF-32"
    return "UTF-16" if zeros[1] > 0.4 and zeros[0] < 0.1 else None


def _binary(sample: bytes) -> str | None:
    """Text in whatever encoding has hardly any control bytes; one bad record must not condemn its file."""
    sample = sample.removeprefix(BOM)[:4096]
    controls = sum(sample.count(byte) for byte in range(32) if byte not in b"\t\n\f\r\x1b")
    is_binary = len(sample) >= 64 and controls * 20 > len(sample) and not _is_utf8(sample)
    return "binary data" if is_binary or (sample and controls * 3 > len(sample)) else None


def _is_text(sample: bytes) -> bool:
    start = sample[:512]
    return _is_utf8(sample) and not any(start.count(byte) for byte in range(32) if byte not in b"\t\n\f\r\x1b")


def _is_utf8(sample: bytes) -> bool:
    try:
        sample[:-4].decode()
    except UnicodeDecodeError as error:
        return error.start > len(sample) - 8
    return True
