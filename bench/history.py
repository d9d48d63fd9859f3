"""A ready-made history: 100 days of one source, drawn whole columns at a time straight into segments and ledger rows.

The warehouse takes it for ingested batches, one a day. Persons are as unequal as in the simulator: one day, 1 % of all
events, touches about 12 % of the persons, and they own about three quarters of all events.
"""

from collections.abc import Iterable
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.cache import SEED, bench_settings, cached
from bench.draw import DRAWN, Draw, person_ids, stamps
from pipelines.envelope import EVENT_SCHEMA
from pipelines.lake import Segment, write_segment
from pipelines.ledger import Batch, Counts, FileCounts, Ledger
from pipelines.moments import utc

DAYS = 100
DAY_US = 86_400_000_000
START = 1_767_225_600_000_000  # 2026-01-01, UTC
SOURCE = "web"
EVENTS_PER_PERSON = 50  # of all persons, those who never come among them
EVENTS_PER_VISIT = 10 / 3
INEQUALITY = 2.7  # sigma of the log-normal number of visits that a person makes
MOST_VISITS = 30  # of a person on a day, on average
LATEST_START_US, LONGEST_VISIT_US, BETWEEN_US = 79_200_000_000, 6_000_000_000, 60_000_000


def history_folder(folder: Path, events: int = 10_000_000, days: int = DAYS) -> Path:
    """A data folder with `lake` and `ledger.sqlite`; drawn when it is not there yet. Do not write into it: copy it."""
    name = f"history-{events}-{days}-{SEED}-{DRAWN}"
    return cached(folder / name, lambda path: add_days(path, events, days, range(days)))


def add_days(data: Path, events: int, days: int, which: Iterable[int]) -> None:
    """Some days, from 0, of a history of `events` over the first `days` days: a batch each, all of it on time."""
    settings = bench_settings(data)
    with closing(Ledger(settings.ledger_address)) as ledger:
        for day in which:
            table = _day(day, max(events // days, 1), max(events // EVENTS_PER_PERSON, 1))
            received_date = utc(START + day * DAY_US).date()
            segment = write_segment(settings.lake_folder, "events", table, received_date, f"{day + 1:010d}-bench-a0")
            ledger.commit(_batch(day, received_date, segment))


def _batch(day: int, received_date: date, segment: Segment) -> Batch:
    counts, end = Counts(records_in=segment.rows, accepted=segment.rows), START + (day + 1) * DAY_US
    batch = Batch(day + 1, "ingest", as_of=end, committed_at=end, counts=counts, segments=[segment])
    batch.files.append(FileCounts(f"inbox/{SOURCE}/{received_date}.ndjson", SOURCE, segment.first_number, counts))
    return batch


def _day(day: int, rows: int, persons: int) -> pa.Table:
    """EVENT_SCHEMA, in the order of arrival."""
    draw = Draw(rows, SEED, persons, day)
    person, occurred = _visits(draw, persons)
    received = START + day * DAY_US + occurred + draw.random.integers(20_000, 900_000, rows)
    user, anonymous = person_ids(person)
    columns = {
        "event_number": ((day + 1) << 32) + 1 + np.arange(rows),
        "source": pa.repeat(SOURCE, rows),
        "event_id": draw.uuids(),
        "event_name": draw.names(),
        "occurred_at": START + day * DAY_US + occurred,
        "received_at": np.maximum.accumulate(received),
        "raw_timestamp": stamps(START + day * DAY_US + occurred),
        "user_id": user,
        "anonymous_id": anonymous,
        "properties": draw.properties(),
        "context": draw.context(),
        "payload_hash": draw.random.integers(0, 2**63, rows).astype(np.uint64),
    }
    arrays = [_array(columns.get(each.name), each.type, rows) for each in EVENT_SCHEMA]
    return pa.Table.from_arrays(arrays, schema=EVENT_SCHEMA)


def _visits(draw: Draw, persons: int) -> tuple[np.ndarray, np.ndarray]:
    """(person number, microseconds of the day, whole milliseconds) of every event, in time order."""
    sizes = draw.random.geometric(1 / EVENTS_PER_VISIT, draw.size)
    visit = np.searchsorted(np.cumsum(sizes), np.arange(draw.size), "right")
    visitors = _visitors(draw, persons)[visit]
    starts = draw.random.integers(0, LATEST_START_US, draw.size)[visit]
    passed = np.cumsum(draw.random.exponential(BETWEEN_US, draw.size))
    first = np.searchsorted(visit, visit)  # the first event of the same visit
    moments = (starts + np.minimum(passed - passed[first], LONGEST_VISIT_US)).astype(np.int64) // 1000 * 1000
    order = np.argsort(moments, kind="stable")
    return visitors[order], moments[order]


def _visitors(draw: Draw, persons: int) -> np.ndarray:
    """Who makes each visit: all days of a history draw from the same unequal persons."""
    weights = np.random.default_rng([DRAWN, SEED, persons]).lognormal(0, INEQUALITY, persons)
    most = MOST_VISITS * EVENTS_PER_VISIT / draw.size
    chances = np.cumsum(np.minimum(weights / weights.sum(), most))
    return np.searchsorted(chances, draw.random.random(draw.size) * chances[-1])


def _array(column: pa.Array | np.ndarray | None, kind: pa.DataType, rows: int) -> pa.Array:
    if column is None:
        return pa.nulls(rows, kind)
    return pa.array(column, kind) if isinstance(column, np.ndarray) else column
