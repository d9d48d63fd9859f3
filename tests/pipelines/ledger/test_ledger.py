import errno
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from pipelines.lake import Segment
from pipelines.ledger import Batch, Counts, FileCounts, FileState, Ledger, LedgerError
from pipelines.ledger.alone import alone
from pipelines.ledger.deliveries import Deliveries, Delivery
from pipelines.lock import Busy


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    is_sqlite = request.param == "sqlite"
    address = f"sqlite:///{tmp_path / 'ledger.sqlite'}" if is_sqlite else request.getfixturevalue("postgres")
    opened = Ledger(address)
    yield opened
    opened.close()


def segment(batch: int, kind: str = "events", day: date = date(2026, 11, 1)) -> Segment:
    return Segment(f"{kind}/{batch}.parquet", kind, day, 3, 100, "0" * 64, batch << 32 | 1, batch << 32 | 3)


def batch(ledger: Ledger, kind: str = "ingest", **counts: int) -> Batch:
    number = ledger.last_batch() + 1
    numbers = Counts(**(counts or {"records_in": 3, "accepted": 3}))
    path = f"inbox/web/{number}.ndjson"
    files = [FileCounts(path, "web", number << 32 | 1, numbers)]
    return Batch(number, kind, 10, 20, numbers, files, [segment(number)], [FileState(path, "web", 9, 1)])


def test_a_committed_batch_is_there_whole(ledger):
    first = batch(ledger)
    ledger.commit(first)
    assert ledger.last_batch() == first.batch
    assert segment(first.batch) in ledger.segments("events", first.batch - 1, first.batch)
    assert ledger.known_files()[f"inbox/web/{first.batch}.ndjson"].size == 9


def test_records_that_do_not_add_up_are_refused_and_nothing_of_the_batch_stays(ledger):
    before = ledger.last_batch()
    with pytest.raises(IntegrityError):
        ledger.commit(batch(ledger, records_in=3, accepted=2))
    assert ledger.last_batch() == before
    assert ledger.segments("events", before, before + 1) == []


def test_segments_are_cut_by_position(ledger):
    numbers = []
    for _ in range(3):
        numbers.append(batch(ledger).batch)
        ledger.commit(batch(ledger))
    first, second, third = numbers
    assert [each.path for each in ledger.segments("events", first, second)] == [f"events/{second}.parquet"]
    held = ledger.segments("events", second, third, held={first})
    assert [each.path for each in held] == [f"events/{first}.parquet", f"events/{third}.parquet"]


def test_the_files_of_a_received_day(ledger):
    ledger.commit(batch(ledger))
    last = ledger.last_batch()
    assert f"inbox/web/{last}.ndjson" in [each.path for each in ledger.files_of_received_date(date(2026, 11, 1))]
    assert ledger.files_of_received_date(date(2026, 11, 2)) == []


def test_a_day_that_is_read_again_is_left_out_of_the_totals(ledger):
    ledger.commit(batch(ledger))
    before = ledger.totals()
    ledger.commit(batch(ledger, kind="reingest", records_in=3, duplicate_same=3))
    assert ledger.totals() == before


def test_a_wrong_address_says_what_to_write():
    with pytest.raises(LedgerError, match="TRAILHOUSE_LEDGER_URL"):
        Ledger("no address")


def test_each_ledger_has_an_id_of_its_own(tmp_path):
    one, two = (Ledger(f"sqlite:///{tmp_path / name}.sqlite") for name in "ab")
    assert one.ledger_id != two.ledger_id
    assert one.ledger_id == Ledger(f"sqlite:///{tmp_path / 'a'}.sqlite").ledger_id


def test_a_full_disk_is_an_error_of_the_system_and_acknowledges_nothing(tmp_path):
    with closing(Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")) as full:
        with full._engine.connect() as connection:
            connection.exec_driver_sql(
                "pragma max_page_count = 1"
            )  # of this connection, which the pool gives out again
        more = batch(full)
        more.states += [FileState(f"inbox/web/{n}.ndjson" * 50, "web", 9, 1) for n in range(100)]
        with pytest.raises(OSError, match=r"is full: is the disk full.*ledger\.sqlite") as told:
            full.commit(more)
        assert told.value.errno == errno.ENOSPC and full.last_batch() == 0


def test_one_at_a_time_does_a_named_thing(ledger):
    with alone(ledger, "deliveries-C1"):
        with alone(ledger, "deliveries-C2"):
            pass
        with pytest.raises(Busy, match="wait until it is done"), alone(ledger, "deliveries-C1"):
            pass
    with alone(ledger, "deliveries-C1"):
        pass


def test_a_delivery_is_planned_moved_and_forgotten(ledger):
    deliveries = Deliveries(ledger)
    deliveries.plan([Delivery("daily", "2026-11-26", "C1", "summary", "parent", None, "0" * 64)])
    (planned,) = deliveries.of_thread("daily", "2026-11-26", "C1")
    assert planned.is_due and len(planned.marker) == 32
    stopped = deliveries.move(planned, state="failed", stopped=1)
    assert not stopped.is_due and deliveries.retry([stopped]) == 1
    assert deliveries.numbered([planned.delivery])[0].is_due
    with pytest.raises(IntegrityError):
        deliveries.plan([planned])
    with pytest.raises(IntegrityError):
        deliveries.move(planned, state="gone")
    assert deliveries.forget([planned]) == 1 and deliveries.chosen() == []
