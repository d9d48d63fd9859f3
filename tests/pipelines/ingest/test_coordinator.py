"""What an ingest makes of files: what is new, what is known, what contradicts, and which of two comes first."""

import dataclasses
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.files import blocks
from pipelines.ledger import tables as ledger_tables
from pipelines.moments import utc
from tests.faults.catalogue import line
from tests.faults.place import AS_OF, Place


def lines(*records: bytes) -> bytes:
    return b"".join(record + b"\n" for record in records)


def named(number: int, **changes) -> bytes:
    return line(**{"event_id": f"e-{number}", "properties": {"n": number}} | changes)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


DAY = lines(*(named(n) for n in range(20)), b"[1]", b"", line(event_id=...), named(3))


def test_every_record_is_somewhere(place):
    place.put("day.ndjson", DAY)
    counts = place.read().counts
    assert dataclasses.asdict(counts) == {
        "records_in": 24,
        "accepted": 21,
        "duplicate_same": 1,
        "duplicate_conflict": 0,
        "quarantined": 1,
        "blank": 1,
    }
    assert place.totals() == counts


def test_the_same_bytes_under_another_name_are_not_even_read(place):
    place.put("day.ndjson", DAY)
    place.read()
    place.put("another.ndjson", DAY)
    assert place.read().batch == 0
    assert place.new() == [], "and not looked at again"


def test_the_same_bytes_packed_otherwise_are_all_known(place):
    place.put("day.ndjson", DAY)
    place.read()
    before = place.events(), place.quarantine()
    place.put("day.ndjson.gz", DAY)
    counts = place.read().counts
    assert (counts.duplicate_same, counts.blank, counts.records_in) == (23, 1, 24)
    assert (place.events(), place.quarantine()) == before


def test_the_same_file_twice_in_one_batch(place):
    for name in ("a.ndjson", "b.ndjson.gz", "c.ndjson"):
        place.put(name, DAY)
    counts = place.read().counts
    assert (counts.accepted, counts.quarantined) == (21, 1)
    assert len(place.events()) == 21 and len(place.quarantine()) == 1


def test_an_id_with_another_payload_is_a_conflict_and_the_first_stays(place):
    place.put("a.ndjson", lines(named(1), named(1, properties={"n": "other"})))
    place.put("b.ndjson", lines(named(1, event_name="other")))
    assert place.read().counts.duplicate_conflict == 2
    place.put("c.ndjson", lines(named(1, properties={"n": "third"}), named(1)))
    counts = place.read().counts
    assert (counts.duplicate_conflict, counts.duplicate_same, counts.accepted) == (1, 1, 0)
    assert [each["properties"] for each in place.events()] == ['{"n":1}']
    assert [(each["reason"], each["event_id"]) for each in place.quarantine()] == [("duplicate_conflict", "e-1")] * 3


def test_a_conflict_that_comes_again_changes_nothing(place):
    place.put("a.ndjson", lines(named(1), named(1, event_name="other")))
    place.read()
    place.put("b.ndjson", lines(named(2), named(1, event_name="other"), named(1, event_name="other")))
    counts = place.read().counts
    assert (counts.duplicate_conflict, counts.duplicate_same) == (0, 2)
    assert len(place.quarantine()) == 1


def test_the_first_by_name_and_record_wins_however_the_files_are_given(place):
    files = [
        place.put(name, lines(named(1, properties={"from": name}))) for name in ("c.ndjson", "a.ndjson", "b.ndjson")
    ]
    place.read([place.task(path) for path in [*files, *reversed(files)]])
    assert [each["properties"] for each in place.events()] == ['{"from":"a.ndjson"}']
    assert [each["file"] for each in place.quarantine()] == ["inbox/web/b.ndjson", "inbox/web/c.ndjson"]


def test_numbers_count_the_records_of_the_batch(place):
    place.put("a.ndjson", lines(named(1), b"[1]", b"", named(2)))
    place.put("b.ndjson", lines(named(1), named(3)))
    place.read()
    assert [each["event_number"] - (1 << 32) for each in place.events()] == [1, 4, 6]
    assert [each["quarantine_number"] - (1 << 32) for each in place.quarantine()] == [2]
    rows = place.ledger().rows(sa.select(ledger_tables.batch_files))
    assert [(row["path"], row["first_number"] - (1 << 32)) for row in rows] == [
        ("inbox/web/a.ndjson", 1),
        ("inbox/web/b.ndjson", 5),
    ]


def test_made_ids_say_what_came_before_them_and_nothing_of_the_file(place, tmp_path):
    data = lines(line(event_id=...), b"[1]", line(event_id=...), named(1), line(event_id=...))
    place.put("one.ndjson", data)
    place.read()
    other = Place(tmp_path / "other")
    other.put("two.ndjson.gz", data)
    other.read()
    ids = [each["event_id"] for each in place.events()]
    assert len(set(ids)) == 4 and ids == [each["event_id"] for each in other.events()]
    refused = [each["record_id"] for each in place.quarantine()]
    assert refused == [each["record_id"] for each in other.quarantine()]


@pytest.mark.parametrize("threads", [True, False])
def test_on_several_cores_the_rows_are_the_same(tmp_path, monkeypatch, threads):
    monkeypatch.setattr("pipelines.ingest.coordinator.all_native", lambda tasks: threads)
    monkeypatch.setattr("pipelines.ingest.coordinator.SMALL_BYTES", 0)
    monkeypatch.setattr("pipelines.ingest.coordinator.blocks", partial(blocks, block_bytes=4000))
    one, many = Place(tmp_path / "one"), Place(tmp_path / "many", processes=2)
    for place in (one, many):
        for name, start in (("a.ndjson", 0), ("b.ndjson.gz", 150), ("c.ndjson", 40)):
            events = [named(n, event_name=f"v{n % 7}") for n in range(start, start + 200)]
            place.put(name, lines(*events, b"[", line(event_id=...)))
        place.put("d.ndjson", lines(*(named(n, properties={"changed": n}) for n in range(0, 300, 9))))
        place.read()
    assert one.events() == many.events() and one.quarantine() == many.quarantine()
    assert one.totals() == many.totals()
    assert len({Path(path).name for path in many.lake_files()}) == 2, "both wrote"


INVOICE = b"""InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,A,,2,2026-02-01 08:00:00,1,,UK
"""


def test_without_a_collector_the_batch_says_when_it_was_received(place):
    place.put("a.csv", INVOICE, "shop")
    place.put("b.ndjson", lines(named(1), named(2, received_at=...)))
    place.read(as_of=AS_OF + 7)
    said = {each["event_id"]: each["received_at"] for each in place.events() if each["source"] == "web"}
    assert said == {"e-1": datetime(2026, 3, 1, 11, 0, 1, tzinfo=UTC), "e-2": utc(AS_OF + 7)}
    assert [each["received_at"] for each in place.events() if each["source"] == "shop"] == [utc(AS_OF + 7)]


def test_what_was_refused_moves_once_when_the_source_is_mended(place):
    place.put("a.ndjson", lines(named(1), named(2, timestamp="1999-06-01T00:00:00Z"), b"[1]"))
    place.read()
    assert Counter(each["reason"] for each in place.quarantine()) == {"bad_timestamp": 1, "not_object": 1}
    web = place.sources["web"]
    place.sources["web"] = web.model_copy(update={"earliest": datetime(1990, 1, 1, tzinfo=UTC)})
    for accepted in (1, 0):
        tasks = [place.task(place.settings.inbox_root / "inbox/web/a.ndjson").afresh()]
        counts = place.read(tasks, kind="reingest").counts
        assert (counts.accepted, counts.quarantined) == (accepted, 0)
    assert [each["event_id"] for each in place.events()] == ["e-1", "e-2"]
