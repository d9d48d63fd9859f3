"""The input of the ingest: native events as NDJSON, about 600 bytes each, received over 30 days, 1 % with non-ASCII text."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.cache import SEED, cached
from bench.draw import DRAWN, Draw, fixed_text, joined, pc, person_ids, stamps

DAYS = 30
DAY_US = 86_400_000_000
START = 1_767_225_600_000_000  # 2026-01-01, UTC
ROWS_AT_ONCE = 100_000
EVENTS_PER_PERSON = 100


def native_file(folder: Path, events: int) -> Path:
    """`folder`/<name>/inbox/web/events.ndjson; drawn when it is not there yet."""
    root = folder / f"native-{events}-{SEED}-{DRAWN}"
    return cached(root, lambda path: _write(path, events)) / "inbox" / "web" / "events.ndjson"


def _write(root: Path, events: int) -> None:
    path = root / "inbox" / "web" / "events.ndjson"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        for start in range(0, events, ROWS_AT_ONCE):
            rows = min(ROWS_AT_ONCE, events - start)
            file.write(_text(_lines(Draw(rows, SEED, start), start, events)))


def _lines(draw: Draw, start: int, events: int) -> pa.Array:
    happened, sent, received = _moments(draw, start, events)
    times = ('","timestamp":"', stamps(happened), '","sent_at":"', stamps(sent), '","received_at":"', stamps(received))
    head = ('{"event_id":"', draw.uuids(), '","event_name":"', draw.names(), *times)
    ids = _ids(draw, max(events // EVENTS_PER_PERSON, 1))
    return joined(*head, '","ids":', ids, ',"properties":', draw.properties(), ',"context":', _context(draw), "}\n")


def _moments(draw: Draw, start: int, events: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """timestamp, sent_at, received_at, microseconds; received in the order of the file."""
    received = START + (start + np.arange(draw.size)) * (DAYS * DAY_US // events)
    sent = received - draw.random.integers(20_000, 900_000, draw.size)
    return sent - draw.random.integers(0, 5_000_000, draw.size), sent, received


def _ids(draw: Draw, persons: int) -> pa.Array:
    user, anonymous = person_ids(draw.random.integers(0, persons, draw.size))
    with_user = joined('{"user":"', user, '","anonymous":"', anonymous, '"}')
    return pc.coalesce(with_user, joined('{"anonymous":"', anonymous, '"}'))


def _context(draw: Draw) -> pa.Array:
    """With what a collector adds for itself."""
    library = ('{"library":{"name":"trail.js","version":"3.', draw.numbers(20), '"},"page_load_id":"')
    return joined(*library, fixed_text(draw.hexadecimal(16)), '",', pc.utf8_slice_codeunits(draw.context(), 1))


def _text(lines: pa.Array) -> memoryview:
    """All rows, one after the other: the bytes that the column holds."""
    offsets, data = np.frombuffer(lines.buffers()[1], np.int32), lines.buffers()[2]
    return memoryview(data)[offsets[lines.offset] : offsets[lines.offset + len(lines)]]
