"""The whole bytes of refused records: from quarantine, or out of the file they came in if that still has them.

Quarantine keeps 64 KB of a record, and no header of its csv file; the record's hash tells whether the file is still the one.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipelines.config.sources import Source
from pipelines.envelope import FileRefused
from pipelines.files import Stream
from pipelines.files.csv_text import read_header
from pipelines.replay.refused import Refused

Header = tuple[str, ...]
Lost = tuple[Refused, str]  # and why it cannot be judged again


@dataclass(frozen=True, slots=True)
class Whole:
    """A record with all its bytes; of csv also the header of its file."""

    refused: Refused
    raw: bytes
    header: Header | None = None


def raws_of(root: Path, sources: dict[str, Source], records: list[Refused]) -> tuple[list[Whole], list[Lost]]:
    """(records that can be judged again, in their order; those that cannot, and why). root: of relative file names."""
    found, lost = [], []
    by_file: defaultdict[tuple[str, str], list[Refused]] = defaultdict(list)
    for each in records:
        if why := _why_never(each, sources):
            lost.append((each, why))
        elif sources[each.source].format == "csv" or each.raw_size > len(each.raw):
            by_file[each.source, each.file].append(each)
        else:
            found.append(Whole(each, each.raw))
    for (source, file), wanted in by_file.items():
        whole, missing = _from_file(root / file, sources[source], wanted)
        found, lost = found + whole, lost + missing
    return sorted(found, key=lambda each: each.refused.number), lost


def _why_never(refused: Refused, sources: dict[str, Source]) -> str | None:
    source = sources.get(refused.source)
    if source is None:
        return "config/sources.yaml has no such source"
    if refused.reason == "file_truncated":
        return "its file ended inside it; send the file whole"
    if source.format == "parquet" and refused.raw_size > len(refused.raw):
        return "a row has no bytes of its own in its file, and quarantine keeps 64 KB; read its received day again"
    if refused.raw_size > source.limits.max_event_bytes:
        return "still larger than limits.max_event_bytes of its source"
    return None


def _from_file(path: Path, source: Source, wanted: list[Refused]) -> tuple[list[Whole], list[Lost]]:
    try:
        stream = Stream(path, source.limits)
        stream.verify()
        header = read_header(stream.head(source.limits.max_event_bytes), source)[0] if source.format == "csv" else None
        raws = _slices(stream, [(each.byte_offset, each.raw_size) for each in wanted])
    except FileRefused as refused:
        return [], [(each, f"its file is now {refused.reason}") for each in wanted]
    except OSError:
        return [], [(each, "its file is gone from the inbox") for each in wanted]
    pairs = list(zip(wanted, raws, strict=True))
    whole = [Whole(each, raw, header) for each, raw in pairs if hashlib.sha256(raw).hexdigest() == each.raw_sha256]
    same = {each.refused.number for each in whole}
    return whole, [(each, "its file has other bytes there now") for each in wanted if each.number not in same]


def _slices(chunks: Iterable[bytes], wanted: list[tuple[int, int]]) -> list[bytes]:
    """The bytes at each (offset, size) of a stream that is read once."""
    found = [bytearray() for _ in wanted]
    passed = 0
    for chunk in chunks:
        for (offset, size), piece in zip(wanted, found, strict=True):
            start, end = max(offset - passed, 0), max(offset + size - passed, 0)
            piece += chunk[start:end]
        passed += len(chunk)
    return [bytes(piece) for piece in found]
