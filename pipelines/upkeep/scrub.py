"""Scrub: does the lake still hold what the ledger acknowledged? Every byte is read and hashed again.

A disk can lose a bit without a word; a person can move a file. Nothing is changed here: what is wrong is said, with the cure.
So a backup can be looked at too, on a disk that is mounted for reading only.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.lake import Segment, files_in, sha256_of
from pipelines.ledger import Ledger
from pipelines.lock import Busy, no_writer
from pipelines.settings import Settings

KINDS = ("events", "quarantine")
Watch = Callable[[int, int], None]  # (bytes read, bytes in all)


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` of one file, and what to `do` about it. `path` is relative to the lake."""

    path: str
    what: str
    do: str
    can_be_read_again: bool = False


@dataclass(slots=True)
class Scrubbed:
    """`is_complete` is false when somebody wrote meanwhile, so that unknown files could not be told from new ones."""

    segments: int
    bytes: int
    findings: list[Finding]
    is_complete: bool = True


def scrub(settings: Settings, watch: Watch = lambda done, total: None) -> Scrubbed:
    """Looks at every segment of the ledger, then for files that are none. Others may write while it reads."""
    with closing(Ledger(settings.ledger_address)) as ledger:
        segments = [each for kind in KINDS for each in ledger.segments(kind, 0, ledger.last_batch())]
        found = Scrubbed(len(segments), sum(each.bytes for each in segments), [])
        done = 0
        for segment in segments:
            what = _what_is_wrong(settings.lake_folder / segment.path, segment)
            if what and segment.path in ledger.segment_paths():  # else compaction has replaced it meanwhile
                found.findings.append(_finding(settings, ledger, segment, what))
            done += segment.bytes
            watch(done, found.bytes)
        found.is_complete = _find_unknown(settings, ledger, found.findings)
    return found


def _what_is_wrong(path: Path, segment: Segment) -> str | None:
    """In a sentence; None for a segment that is as acknowledged."""
    if not path.exists():
        return "it is missing"
    if path.stat().st_size != segment.bytes:
        return f"it has {path.stat().st_size:,} bytes, acknowledged were {segment.bytes:,}"
    if sha256_of(path) != segment.sha256:
        return "its bytes are not those acknowledged: the sha256 differs"
    return _what_is_wrong_inside(path, segment)


def _what_is_wrong_inside(path: Path, segment: Segment) -> str | None:
    """The ledger may be wrong too, restored from another day: the footer must say the same."""
    try:
        rows = pq.ParquetFile(path).metadata.num_rows
    except (OSError, pa.ArrowInvalid) as error:
        return f"its footer cannot be read: {error}"
    return None if rows == segment.rows else f"it has {rows:,} rows, the ledger says {segment.rows:,}"


def _finding(settings: Settings, ledger: Ledger, segment: Segment, what: str) -> Finding:
    restore = f"put back the file of sha256 {segment.sha256[:16]}… from a backup"
    files = [state.path for state in ledger.files_of_received_date(segment.received_date)]
    there = [each for each in files if (settings.inbox_root / each).exists()]
    is_whole = bool(files) and len(there) == len(files)
    again = f"{len(there)} of the {len(files)} inbox files of its day are still there"
    if is_whole:
        again += ": without a backup, `trailhouse scrub --strike` reads them again"
    return Finding(segment.path, what, f"{restore}; {again}", is_whole)


def _find_unknown(settings: Settings, ledger: Ledger, findings: list[Finding]) -> bool:
    """Files that no ledger row names. Only while nobody writes: a batch in work has files before it has a row."""
    try:
        with no_writer(settings.data_folder / "writer.lock", settings.lock_wait_seconds):
            unknown = files_in(settings.lake_folder) - ledger.segment_paths()
            unknown -= ledger.replaced_among(unknown)
    except Busy:
        return False
    do = "no acknowledged row is in it: the next ingest removes what a killed one left; move away what is not ours"
    findings += [Finding(path, "the ledger does not know it", do) for path in sorted(unknown)]
    return True
