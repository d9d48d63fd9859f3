"""One segment a closed received day: the same rows, the old hashes kept, and whoever reads sees either."""

from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from pipelines.ingest.known_ids import open_known_ids
from pipelines.lake import Segment, files_in
from pipelines.ledger import Ledger
from pipelines.ledger.tables import replaced_segments
from pipelines.moments import micros
from pipelines.upkeep import compact as module
from pipelines.upkeep.compact import CompactionError, closed_days, compact
from pipelines.warehouse import open_lake
from tests.faults.catalogue import line
from tests.faults.place import Place

DAYS = ("2026-03-01", "2026-03-02", "2026-03-03")


def record(event_id: str, day: str, **more) -> bytes:
    at = f"{day}T10:00:00Z"
    return line(event_id=event_id, timestamp=at, received_at=at, **more)


def noon(day: str) -> int:
    return micros(datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Two batches a day over three days, each with an event and a refused record."""
    filled = Place(tmp_path)
    for number, day in enumerate([day for day in DAYS for _ in range(2)], 1):
        filled.put(f"{number}.ndjson", record(f"e-{number}", day) + b"\n" + record(f"bad-{number}", day, event_name=7))
        filled.read(as_of=noon(day))
    return filled


def run(place: Place, after_days: int = 0, keep_hours: float = 0):
    with open_lake(place.settings, 0) as ledger:
        return compact(place.settings.lake_folder, ledger, after_days, keep_hours)


def segments(place: Place, kind: str = "events") -> list[Segment]:
    with closing(place.ledger()) as ledger:
        return ledger.segments(kind, 0, ledger.last_batch())


def test_closed_days_become_one_segment_each_and_no_row_changes(place):
    before = place.events(), place.quarantine()
    done = run(place)
    assert [(each.new.kind, str(each.new.received_date), len(each.old), each.new.rows) for each in done] == [
        (kind, day, 2, 2) for kind in ("events", "quarantine") for day in DAYS[:2]
    ]
    assert (place.events(), place.quarantine()) == before
    assert [(each.rows, each.first_batch, each.last_batch) for each in segments(place)] == [
        (2, 1, 2), (2, 3, 4), (1, 5, 5), (1, 6, 6),
    ]  # fmt: skip


def test_a_day_is_closed_so_many_days_before_the_newest_batch(place):
    with closing(place.ledger()) as ledger:
        closed = {after: {each[0].received_date for each in closed_days(ledger, after)} for after in (0, 1, 2)}
    assert closed == {0: {date(2026, 3, 1), date(2026, 3, 2)}, 1: {date(2026, 3, 1)}, 2: set()}


def test_rows_lie_in_the_order_of_the_log(place):
    (first, *_) = run(place)
    numbers = pq.ParquetFile(place.settings.lake_folder / first.new.path).read().column(0).to_pylist()
    assert numbers == sorted(numbers) == [1 << 32 | 1, 2 << 32 | 1]


def test_the_ledger_keeps_the_hashes_of_what_was_replaced(place):
    old = segments(place) + segments(place, "quarantine")
    done = run(place)
    with closing(place.ledger()) as ledger:
        rows = ledger.rows(sa.select(replaced_segments).order_by(replaced_segments.c.path))
    kept = {row["path"]: (row["sha256"], row["rows"], row["replaced_by"]) for row in rows}
    assert kept == {each.path: (each.sha256, each.rows, day.new.path) for day in done for each in day.old}
    assert set(kept) == {each.path for each in old if each.received_date < date(2026, 3, 3)}


def test_a_second_compaction_changes_nothing(place):
    run(place)
    before = files_in(place.settings.lake_folder)
    assert run(place) == [] and files_in(place.settings.lake_folder) == before


def test_a_late_record_of_a_compacted_day_is_compacted_too(place):
    run(place)
    place.put("late.ndjson", record("late", DAYS[0]))
    place.read(as_of=noon(DAYS[2]))
    (done,) = run(place)
    assert [each.rows for each in done.old] == [2, 1]
    assert [row["event_id"] for row in place.events()].count("late") == 1


def test_old_files_stay_for_readers_that_took_the_list_before(place):
    old = segments(place)
    run(place, keep_hours=1)
    assert {each.path for each in old} < files_in(place.settings.lake_folder)
    assert len(place.events()) == 6
    with open_lake(place.settings, 0):
        pass  # what every writer does first
    assert {each.path for each in old} < files_in(place.settings.lake_folder)
    run(place, keep_hours=0)
    known = segments(place) + segments(place, "quarantine")
    assert files_in(place.settings.lake_folder) == {each.path for each in known}


def test_known_events_stay_known_with_and_without_the_index(place):
    run(place)
    for is_deleted in (False, True):
        if is_deleted:
            (place.settings.data_folder / "index" / "manifest.json").unlink()
        place.put(f"again-{is_deleted}.ndjson", record("e-1", DAYS[0]) + b"\n" + record(f"new-{is_deleted}", DAYS[2]))
        counts = place.read(as_of=noon(DAYS[2])).counts
        assert (counts.duplicate_same, counts.accepted) == (1, 1)


def test_an_index_that_is_behind_reads_on_in_a_compacted_segment(place):
    manifest = place.settings.data_folder / "index" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"batch": 6', '"batch": 3'))
    run(place, after_days=-1)
    with closing(place.ledger()) as ledger:
        known = open_known_ids(place.settings.data_folder / "index", ledger, place.settings.lake_folder)
    assert known.batch == 6


def test_a_received_day_is_read_again_from_all_its_files(place):
    with closing(place.ledger()) as ledger:
        before = ledger.files_of_received_date(date(2026, 3, 1))
        assert [Path(each.path).name for each in before] == ["1.ndjson", "2.ndjson"]
    run(place)
    with closing(place.ledger()) as ledger:
        assert ledger.files_of_received_date(date(2026, 3, 1)) == before


def test_a_damaged_segment_is_not_compacted(place):
    path = place.settings.lake_folder / segments(place)[1].path
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    before = files_in(place.settings.lake_folder)
    with pytest.raises(CompactionError, match="trailhouse scrub"):
        run(place)
    assert files_in(place.settings.lake_folder) == before


def test_a_row_that_gets_lost_on_the_way_is_noticed(place, monkeypatch):
    in_order = module._in_order

    def lossy(lake, old):
        for table in in_order(lake, old):
            yield table.slice(1)

    monkeypatch.setattr(module, "_in_order", lossy)
    before = files_in(place.settings.lake_folder), place.events()
    with pytest.raises(CompactionError, match="the old segments stay"):
        run(place)
    assert (files_in(place.settings.lake_folder), place.events()) == before


def test_what_a_crash_left_of_many_batches_is_told_from_another_ledgers_lake(place):
    """Killed between the commit and the removal: files of many batches that no row of `segments` names."""
    run(place, keep_hours=1)
    place.put("next.ndjson", record("next", DAYS[2]))
    with open_lake(place.settings, 0) as ledger:
        assert isinstance(ledger, Ledger)
