"""Refused records that no replay has resolved, in the order of the log."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import duckdb

from pipelines.ledger import Ledger

CHUNK = 1000  # records in memory at a time: each has at most 64 KB here


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records to judge again; None: any."""

    reason: str | None = None
    source: str | None = None
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of quarantine. `received_at`: µs UTC; `made_id`: the event_id that a record without one gets."""

    number: int
    source: str
    reason: str
    made_id: str
    file: str
    byte_offset: int
    raw: bytes
    raw_size: int
    raw_sha256: str
    received_at: int


# Of a conflict the record_id is not the one made from the file's content: its event_id is.
QUERY = """
select quarantine_number as number, source, reason,
    case when reason = 'duplicate_conflict' then event_id else record_id end as made_id,
    file, byte_offset, raw, raw_size, raw_sha256, epoch_us(received_at) as received_at
from read_parquet($paths, hive_partitioning = false)
where coalesce(reason = $reason, true) and coalesce(source = $source, true)
    and coalesce(quarantine_number >> 32 = $batch, true)
    and quarantine_number not in (from resolved)
order by quarantine_number"""


def unresolved(lake: Path, ledger: Ledger, wanted: Wanted) -> Iterator[list[Refused]]:
    """The wanted records, some at a time."""
    segments = ledger.segments("quarantine", 0, ledger.last_batch())
    if not segments:
        return
    paths = [str(lake / each.path) for each in segments]
    said = {"paths": paths, "reason": wanted.reason, "source": wanted.source, "batch": wanted.batch}
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.register("resolved", ledger.resolved_numbers())
        found = connection.execute(QUERY, said)
        names = [each.name for each in fields(Refused)]
        while rows := found.fetchmany(CHUNK):
            yield [Refused(**dict(zip(names, row, strict=True))) for row in rows]
