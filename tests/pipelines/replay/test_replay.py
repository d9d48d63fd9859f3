"""After a fix each refused record moves exactly once, as if it had been right from the start; the rest stays as it is."""

import gzip
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.config.expressions import parse_expression
from pipelines.config.sources import Limits, Source
from pipelines.ledger.tables import batch_files, batches, resolved
from pipelines.replay import Replayed, Wanted, replay
from pipelines.warehouse import open_lake
from tests.faults.catalogue import NO_EVENT, NO_JSON, SHOP_HEADER, line
from tests.faults.place import AS_OF, Place

LONG = 66_000  # bytes; more than quarantine keeps
DAY = 86_400_000_000


def strict(source: Source) -> Source:
    """The source before the fix: short events and short names only."""
    return source.model_copy(update={"limits": Limits(max_event_bytes=LONG, max_name_chars=20)})


def lenient_shop(source: Source) -> Source:
    """The shop after the fix: a quantity may be any text."""
    assert source.fields is not None
    properties = source.fields.properties | {"quantity": parse_expression("Quantity")}
    return source.model_copy(update={"fields": source.fields.model_copy(update={"properties": properties})})


LINES = [
    line(event_id="short"),
    line(event_id="long-name", event_name="a name of more than twenty letters"),
    line(event_id=..., event_name="another name of more than twenty letters"),
    line(event_id="long", properties={"text": "x" * 70_000}),
    line(event_id=..., received_at=..., event_name="a name that the batch's time stands beside"),
    line(event_id="bad", event_name=7),
    b"[1]",
]
WHOLE = b"\n".join(LINES) + b"\n"
SHOP = SHOP_HEADER + b'\n1,A,MUG,many,2026-02-01 08:00:00,1,,UK\n2,A,"MUG\nBLUE",few,2026-02-01 08:00:00,1,,UK\n'


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Read before the fix, with the sources as they are after it."""
    filled = Place(tmp_path)
    filled.put("a.ndjson.gz", WHOLE)
    filled.put("s.csv", SHOP, "shop")
    fixed = filled.sources | {"shop": lenient_shop(filled.sources["shop"])}
    filled.sources |= {"web": strict(filled.sources["web"])}
    filled.read()
    filled.sources = fixed
    return filled


def run(place: Place, **wanted) -> Replayed:
    with open_lake(place.settings, 0) as ledger:
        return replay(place.settings, place.sources, ledger, Wanted(**wanted), AS_OF + DAY)


def rows(place: Place, table: sa.Table) -> list[dict]:
    with closing(place.ledger()) as ledger:
        return ledger.rows(sa.select(table).order_by(*table.primary_key))


def without_numbers(events: list[dict]) -> list[dict]:
    kept = [{name: value for name, value in event.items() if name != "event_number"} for event in events]
    return sorted(kept, key=lambda event: event["event_id"])


def test_what_is_right_by_now_becomes_what_a_first_ingest_would_have_made_of_it(place, tmp_path):
    assert len(place.events()) == 1 and len(place.quarantine()) == 8
    done = run(place)
    assert done.batch.batch == 2 and done.batch.kind == "replay"
    fresh = Place(tmp_path / "fresh")
    fresh.sources = place.sources
    fresh.put("a.ndjson.gz", WHOLE)
    fresh.put("s.csv", SHOP, "shop")
    fresh.read()
    assert without_numbers(place.events()) == without_numbers(fresh.events())
    assert done.still_refused == Counter({("web", "bad_type"): 1, ("web", "not_object"): 1})
    assert not done.not_replayable


def test_the_batch_counts_by_its_own_rule(place):
    run(place)
    counts = {
        name: rows(place, batches)[1][name] for name in ("records_in", "accepted", "duplicate_same", "quarantined")
    }
    assert counts == {"records_in": 8, "accepted": 6, "duplicate_same": 0, "quarantined": 2}
    assert sum(row["accepted"] for row in rows(place, batch_files) if row["batch"] == 2) == 6
    assert len(rows(place, resolved)) == 6
    assert len(place.quarantine()) == 8
    with closing(place.ledger()) as ledger:
        assert [total[:2] for total in ledger.totals()] == [("shop", 2), ("web", 7)]


def test_a_second_replay_changes_nothing(place):
    run(place)
    before = place.events(), place.quarantine(), place.lake_files()
    done = run(place)
    assert done.batch.batch == 0 and len(rows(place, batches)) == 2
    assert (place.events(), place.quarantine(), place.lake_files()) == before


def test_without_a_fix_nothing_moves(tmp_path):
    place = Place(tmp_path)
    place.put("bad.ndjson", b"\n".join(row.raw for row in (*NO_JSON, *NO_EVENT)) + b"\n")
    place.read()
    refused = Counter(row["reason"] for row in place.quarantine())
    done = run(place)
    assert done.batch.batch == 0 and len(rows(place, batches)) == 1
    stayed = Counter({reason: count for (_, reason), count in done.still_refused.items()})
    assert stayed + Counter(size_violation=sum(done.not_replayable.values())) == refused


@pytest.mark.parametrize(
    ("wanted", "accepted"),
    [({"source": "shop"}, 2), ({"reason": "bad_type"}, 2), ({"reason": "size_violation"}, 4), ({"batch": 1}, 6),
     ({"batch": 7}, 0), ({"reason": "size_violation", "source": "shop"}, 0)],
)  # fmt: skip
def test_only_what_is_wanted_is_judged(place, wanted, accepted):
    assert run(place, **wanted).batch.counts.accepted == accepted


def test_the_time_of_the_first_reading_is_kept(place):
    run(place)
    assert {row["received_at"].timestamp() for row in place.events()} == {AS_OF / 1e6, 1772362801.0}


def test_a_record_that_came_meanwhile_is_resolved_and_not_doubled(place):
    place.put("b.ndjson", LINES[1])
    place.read(as_of=AS_OF + 1)
    done = run(place, reason="size_violation")
    assert (done.batch.counts.accepted, done.batch.counts.duplicate_same) == (3, 1)
    assert Counter(row["event_id"] for row in place.events())["long-name"] == 1
    assert run(place).still_refused.total() == 2


def test_a_conflict_stays_one(tmp_path):
    place = Place(tmp_path)
    place.put("a.ndjson", line() + b"\n" + line(properties={"path": "/other"}))
    place.read()
    done = run(place)
    assert done.batch.batch == 0 and done.still_refused == Counter({("web", "duplicate_conflict"): 1})


def test_two_copies_with_one_id_move_once(tmp_path):
    place = Place(tmp_path)
    fixed, long_name = place.sources, "a name of more than twenty letters"
    place.sources = fixed | {"web": strict(fixed["web"])}
    copies = [line(event_name=long_name), line(event_name=long_name), line(event_name=long_name, properties={})]
    place.put("a.ndjson", b"\n".join(copies))
    place.read()
    place.sources = fixed
    counts = run(place).batch.counts
    assert (counts.accepted, counts.duplicate_same, counts.duplicate_conflict) == (1, 1, 1)


LOST = {
    "gone": (lambda path: path.unlink(), "its file is gone from the inbox"),
    "rewritten": (
        lambda path: path.write_bytes(gzip.compress(WHOLE.replace(b"x", b"y"))),
        "its file has other bytes there now",
    ),
    "shorter": (lambda path: path.write_bytes(gzip.compress(WHOLE[:1000])), "its file has other bytes there now"),
    "broken": (lambda path: path.write_bytes(b"\x1f\x8b" + b"?" * 100), "its file is now file_corrupt"),
}


@pytest.mark.parametrize("case", LOST)
def test_what_quarantine_keeps_in_part_needs_its_file(place, case):
    damage, why = LOST[case]
    damage(place.settings.inbox_root / "inbox/web/a.ndjson.gz")
    done = run(place, source="web")
    assert done.not_replayable == Counter({("web", why): 1})
    assert done.batch.counts.accepted == 3


def test_a_csv_record_needs_its_file_for_the_header(place):
    (place.settings.inbox_root / "inbox/shop/s.csv").unlink()
    done = run(place, source="shop")
    assert done.batch.batch == 0
    assert done.not_replayable == Counter({("shop", "its file is gone from the inbox"): 2})


def test_a_record_that_is_still_too_large_and_one_that_was_cut_are_not_judged(tmp_path):
    place = Place(tmp_path)
    place.put("a.ndjson", line(properties={"text": "x" * 1_100_000}) + b"\n" + line()[:50])
    place.read()
    done = run(place)
    assert {why for _, why in done.not_replayable} == {
        "still larger than limits.max_event_bytes of its source",
        "its file ended inside it; send the file whole",
    }


def test_a_source_that_is_not_there_any_more_is_said(place):
    del place.sources["shop"]
    assert run(place, source="shop").not_replayable == Counter({("shop", "config/sources.yaml has no such source"): 2})


def test_after_a_replay_the_same_file_changes_nothing(place):
    run(place)
    before = len(place.events())
    place.read([place.task(place.settings.inbox_root / "inbox/web/a.ndjson.gz").afresh()], kind="reingest")
    assert len(place.events()) == before and len(place.quarantine()) == 8


def test_an_element_of_an_array_that_spans_lines_is_replayed_whole(tmp_path):
    place = Place(tmp_path)
    array = place.sources["web"].model_copy(update={"format": "json"})
    place.sources |= {"web": strict(array)}
    elements = [line(event_id=each, event_name="a name of more than twenty letters") for each in ("one", ...)]
    place.put("a.json", b"[" + b",\n".join(each.replace(b',"', b',\n  "') for each in elements) + b"]\n")
    place.read()
    place.sources |= {"web": array}
    assert run(place).batch.counts.accepted == 2
    assert sorted(event["event_id"] == "one" for event in place.events()) == [False, True]
