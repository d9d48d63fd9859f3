"""Files: which records stand in which one, in which order they are fed, and how they are written.

Names are `<source>/2026-11-01.ndjson.gz` per received UTC day and `<source>/2026-11-10T13.ndjson.gz` per
received UTC hour in the last fortnight; the name is all that `batches` needs.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow

from simulator.days import DAY, HOUR, Calendar
from simulator.delivery import Record
from simulator.errors import SimulationError
from simulator.events import SOURCES

HOURLY_DAYS = 14
SUFFIX = ".ndjson.gz"
_NAME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d)?")
# Arrow brings its own zlib: the standard library's depends on how Python was built, and so would the bytes.
# Its header has no file name and time zero.
_GZIP = pyarrow.Codec("gzip", compression_level=5)


def batches(into: Path) -> list[tuple[datetime, list[Path]]]:
    """The feeding order: (as_of, files) by time; as_of is the end of the received day or hour, aware, in UTC.

    The files of both sources for one hour are one batch, sorted by path. Files that are named otherwise than
    by the simulator are left out.
    """
    found: dict[datetime, list[Path]] = {}
    for path in sorted(path for source in SOURCES for path in (into / source).glob(f"*{SUFFIX}")):
        as_of = _end_of(path.name.removesuffix(SUFFIX))
        if as_of:
            found.setdefault(as_of, []).append(path)
    return sorted(found.items())


def _end_of(name: str) -> datetime | None:
    if not _NAME.fullmatch(name):
        return None
    if "T" in name:
        return datetime.strptime(name, "%Y-%m-%dT%H").replace(tzinfo=UTC) + timedelta(hours=1)
    return datetime.strptime(name, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=1)


def arrange(records: Sequence[Record], calendar: Calendar) -> dict[str, list[Record]]:
    """Relative file name -> its records in received order; equal times stay in the order of invention."""
    hourly_from = (calendar.ends_at - 1) // DAY * DAY - (HOURLY_DAYS - 1) * DAY
    files: dict[tuple[str, int], list[Record]] = {}
    for record in sorted(records, key=lambda record: record.received_at):
        unit = HOUR if record.received_at >= hourly_from else DAY
        files.setdefault((record.source, record.received_at // unit * unit), []).append(record)
    return {_name(source, at, hourly_from): each for (source, at), each in sorted(files.items())}


def _name(source: str, at: int, hourly_from: int) -> str:
    pattern = "%Y-%m-%dT%H" if at >= hourly_from else "%Y-%m-%d"
    return f"{source}/{datetime.fromtimestamp(at // 1_000_000, UTC).strftime(pattern)}{SUFFIX}"


def compress(lines: Sequence[bytes]) -> bytes:
    """Gzip of the lines, which bring their newlines; the same bytes wherever the same Arrow is installed."""
    return _GZIP.compress(b"".join(lines), asbytes=True)


def write(into: Path, contents: dict[str, bytes]) -> None:
    """Writes what is not there yet, each file under a temporary name first; what is there stays as it is.

    Errors: SimulationError when the folder holds another simulation; then nothing is written.
    """
    stale = [path for _, paths in batches(into) for path in paths if _is_other(path, into, contents)]
    if stale:
        hint = "remove that folder or give another one"
        raise SimulationError(f"{stale[0]}: is of another simulation ({len(stale)} such files); {hint}")
    for name, content in contents.items():
        if not (into / name).exists():
            write_file(into / name, content)


def _is_other(path: Path, into: Path, contents: dict[str, bytes]) -> bool:
    return contents.get(path.relative_to(into).as_posix()) != path.read_bytes()


def write_file(path: Path, content: bytes) -> None:
    """A reader sees the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(content)
    temporary.replace(path)
