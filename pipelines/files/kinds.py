"""What is this file, and is it what its source declares? Told by its first bytes, never by its name.

Which kinds are read and which are refused, and as what. Reading them belongs to pipelines.files.
"""

import re

from pipelines.envelope import FileRefused
from pipelines.files.records import BOM
from pipelines.files.zstd_frames import ZSTD

GZIP = b"\x1f\x8b"
PARQUET, PARQUET_ENCRYPTED = b"PAR1", b"PARE"
SAMPLE_BYTES = 64 << 10

_PACKED = "unpack it, or compress it with gzip or zstd"
_EXPORT = "export it as ndjson, csv or parquet"
_UNSUPPORTED = {
    b"PK\x03\x04": f"a zip archive (or a workbook such as xlsx); {_PACKED}",
    b"PK\x05\x06": f"an empty zip archive; {_PACKED}",
    b"7z\xbc\xaf\x27\x1c": f"a 7z archive; {_PACKED}",
    b"Rar!\x1a\x07": f"a rar archive; {_PACKED}",
    b"\xfd7zXZ\x00": f"an xz file; {_PACKED}",
    b"BZh": f"a bzip2 file; {_PACKED}",
    b"\x04\x22\x4d\x18": f"an lz4 file; {_PACKED}",
    PARQUET: "a Parquet file; declare `format: parquet` for its source",
    PARQUET_ENCRYPTED: "an encrypted Parquet file; write it without encryption",
    b"ARROW1": f"an Arrow file; {_EXPORT}",
    b"Obj\x01": f"an Avro file; {_EXPORT}",
    b"ORC": f"an ORC file; {_EXPORT}",
    b"SQLite format 3\x00": f"a SQLite database; {_EXPORT}",
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
_ARRAY = re.compile(rb"\[\s*\{")
_WIDE = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


def refuse_foreign(sample: bytes, declared: str) -> None:
    """`sample`: the first bytes of what should be text (decompressed); `declared`: the source's format.

    Errors: FileRefused file_encoding | file_unsupported | file_corrupt, naming what it is and what would be right.
    """
    if kind := _starts(sample, _WIDE) or _wide_without_mark(sample):
        raise FileRefused("file_encoding", f"this is {kind} text; convert it to UTF-8")
    if _is_text(sample) and not sample.startswith(b"%PDF-"):
        _refuse_other_text(sample, declared)  # whatever it begins with: a csv may well have a column ORCID
        return
    if kind := _starts(sample, {GZIP: "gzip", ZSTD: "zstd"}):
        raise FileRefused("file_unsupported", f"this is {kind} inside a compressed file; compress it once")
    if sample[257:262] == b"ustar":
        raise FileRefused("file_unsupported", f"this is a tar archive; {_PACKED}")
    if kind := _starts(sample, _UNSUPPORTED):
        raise FileRefused("file_unsupported", f"this is {kind}")
    if kind := _starts(sample, _CORRUPT) or _binary(sample):
        raise FileRefused("file_corrupt", f"this is {kind}, not text")


def _refuse_other_text(sample: bytes, declared: str) -> None:
    """Only where it is certain: a broken first record must not condemn its file."""
    text = b"" if BOM.startswith(sample) else sample.removeprefix(BOM).lstrip(b" \t\r\n")
    if declared == "json" and text and not text.startswith(b"["):
        what = "an object, as one object a line does" if text.startswith(b"{") else f"{text[:20]!r}"
        raise FileRefused(
            "file_unsupported", f"this begins with {what}, not with an array; declare `format: ndjson` if it is that"
        )
    if declared == "parquet" and text:
        raise FileRefused(
            "file_unsupported", f"this is text that begins with {text[:20]!r}; declare `format: ndjson`, json or csv"
        )
    if declared == "ndjson" and _begins_array(text):
        raise FileRefused(
            "file_unsupported", "this is a JSON array, not one object a line; declare `format: json` for its source"
        )


def _begins_array(text: bytes) -> bool:
    """A line may be an array by mistake: so its first object does not end there, or there is no other line."""
    if not _ARRAY.match(text):
        return False
    first, _, others = text.partition(b"\n")
    return first.rstrip()[-1:] in b"[{," or others.lstrip()[:1] in b",]"


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
