"""Quarantine, judged again after a fix: what is right by now becomes an event, once; the rest stays as it is.

A replay is a batch of its own kind. It reads what earlier batches refused, so it counts by a rule of its own: records_in is
what was judged again, `quarantined` and `duplicate_conflict` are those that stay where they are (no row is written for them),
and `accepted` + `duplicate_same` are the rows that the ledger's table `resolved` then names. Its one transaction does both,
so a record moves exactly once, wherever the process dies.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from secrets import token_hex

import numpy as np
import pyarrow as pa

from pipelines.config.sources import Source
from pipelines.ingest.known_ids import KnownIds, open_known_ids, rows_of
from pipelines.lake import Segment, split_by_received_date, write_segment
from pipelines.ledger import Batch, Counts, FileCounts, Ledger, Resolved
from pipelines.moments import now
from pipelines.replay.again import Verdict, judge_again
from pipelines.replay.raws import raws_of
from pipelines.replay.refused import Refused, Wanted, unresolved
from pipelines.settings import Settings

ACCEPTED, SAME = "accepted", "duplicate_same"
FLUSH_BYTES = 96 << 20


@dataclass(slots=True)
class Replayed:
    """`batch.batch` is 0 when nothing moved. Both counters: (source, reason or why) -> records that stay."""

    batch: Batch
    still_refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    not_replayable: Counter[tuple[str, str]] = field(default_factory=Counter)


def replay(
    settings: Settings, sources: dict[str, Source], ledger: Ledger, wanted: Wanted, as_of: int | None = None
) -> Replayed:
    """Judges the wanted refused records again, as one batch. Call it with the writer's lock held.

    as_of: the batch's recorded time (µs UTC, default: the clock). Errors: OSError, with nothing acknowledged.
    """
    moment = now()
    batch = Batch(ledger.last_batch() + 1, "replay", moment if as_of is None else as_of)
    known_ids = open_known_ids(settings.data_folder / "index", ledger, settings.lake_folder)
    work = _Replay(settings, sources, known_ids, batch)
    for refused in unresolved(settings.lake_folder, ledger, wanted):
        work.take(refused)
    if not batch.resolved:
        batch.batch = 0
        return work.done
    work.finish()
    batch.committed_at = now()
    ledger.commit(batch)
    with suppress(OSError):  # a cache: what it lacks is read from the segments by the next writer
        known_ids.commit(batch.batch)
    return work.done


class _Replay:
    def __init__(self, settings: Settings, sources: dict[str, Source], known_ids: KnownIds, batch: Batch) -> None:
        self.settings, self.sources, self.known_ids, self.batch = settings, sources, known_ids, batch
        self.done = Replayed(batch)
        self._files: dict[str, FileCounts] = {}
        self._kept: list[pa.Table] = []
        self._attempt, self._part, self._numbered = token_hex(3), 0, 0

    def take(self, refused: list[Refused]) -> None:
        """Records in the order of the log."""
        raws, lost = raws_of(self.settings.inbox_root, self.sources, refused)
        self.done.not_replayable.update((each.source, why) for each, why in lost)
        verdict = judge_again(self.sources, raws)
        outcomes = self._decide(verdict)
        for index, whole in enumerate(raws):
            self._count(index, whole.refused, outcomes.get(index) or verdict.reasons.get(index, whole.refused.reason))
        self._numbered += len(raws)
        if sum(each.nbytes for each in self._kept) > FLUSH_BYTES:
            self._flush()

    def _decide(self, verdict: Verdict) -> dict[int, str]:
        """What becomes of each event, by its index; those that are new are kept."""
        events = verdict.events
        if not events.num_rows:
            return {}
        rows = rows_of(events["source"], events["event_id"], events["payload_hash"].to_numpy())
        is_new, is_same = self.known_ids.see(rows)
        indexes = events["event_number"].to_numpy()
        numbers = pa.array(self._number(0) + indexes, pa.int64())
        kept = events.set_column(0, events.schema.field(0), numbers).filter(pa.array(is_new))
        if kept.num_rows:
            self._kept.append(kept)
        names = np.where(is_new, ACCEPTED, np.where(is_same, SAME, "duplicate_conflict"))
        return dict(zip(indexes.tolist(), names.tolist(), strict=True))

    def _number(self, index: int) -> int:
        return (self.batch.batch << 32) + self._numbered + index + 1

    def _count(self, index: int, refused: Refused, outcome: str) -> None:
        file = self._files.get(refused.file)
        if file is None:
            file = self._files[refused.file] = FileCounts(refused.file, refused.source, self._number(index))
        name = outcome if outcome in (ACCEPTED, SAME, "duplicate_conflict") else "quarantined"
        file.counts.add(Counts(records_in=1, **{name: 1}))
        if name in (ACCEPTED, SAME):
            self.batch.resolved.append(Resolved(refused.number, name))
        else:
            self.done.still_refused[refused.source, outcome] += 1

    def finish(self) -> None:
        """Everything that was kept is durable, and the batch says what became of it."""
        self._flush()
        self.batch.files = list(self._files.values())
        for file in self.batch.files:
            self.batch.counts.add(file.counts)

    def _flush(self) -> None:
        if self._kept:
            self.batch.segments += self._write(pa.concat_tables(self._kept))
        self._kept, self._part = [], self._part + 1

    def _write(self, events: pa.Table) -> list[Segment]:
        name = f"{self.batch.batch:010d}-{self._attempt}-r{self._part}"
        days = split_by_received_date(events)
        return [write_segment(self.settings.lake_folder, "events", rows, day, name) for day, rows in days]


__all__ = ["Replayed", "Wanted", "replay"]
