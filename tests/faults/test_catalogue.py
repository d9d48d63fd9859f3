"""Bad input never fails a batch: every good record is accepted once, every bad one is in quarantine with its bytes."""

import gzip
import hashlib
import json
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.envelope import RAW_KEPT_BYTES, REASONS, VERSION
from pipelines.judge.timestamps import GAP, OVERLAP
from tests.faults.bad_files import READ, REFUSED, SHOP_REFUSED, File, text
from tests.faults.catalogue import ACCEPTED, BLANK, ROWS, SHOP_HEADER, SHOP_ROWS, Row, line
from tests.faults.place import Place

GOOD = [Row(f"good {n}", line(event_id=f"good-{n}", properties={"n": n}), ACCEPTED) for n in range(300)]
SHOP_GOOD = [
    Row(f"good {n}", f"{n},A,MUG,2,2026-02-01 10:40:00,2.55,17850.0,UK".encode(), ACCEPTED)
    for n in range(400000, 400100)
]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a row stands in its file."""

    row: Row
    record: int
    line: int
    byte_offset: int


def shuffled(rows: list[Row], seed: int) -> list[Row]:
    mixed = list(rows)
    random.Random(seed).shuffle(mixed)
    return mixed


def written(rows: list[Row], head: bytes = b"") -> tuple[bytes, list[Placed]]:
    """The file, and where each row stands in it. Records and lines count from 1; a csv header is a line and no record."""
    data, placed, number = head, [], 1 + head.count(b"\n")
    for record, row in enumerate(rows, 1):
        placed.append(Placed(row, record, number, len(data)))
        data += row.raw + b"\n"
        number += row.raw.count(b"\n") + 1
    return data, placed


def assert_quarantine_points_at_the_bytes(place: Place, files: dict[str, tuple[bytes, list[Placed]]]) -> None:
    found = {(each["file"], each["record"]): each for each in place.quarantine()}
    bad = {
        (name, each.record): each
        for name, (_, placed) in files.items()
        for each in placed
        if each.row.outcome in REASONS
    }
    assert found.keys() == bad.keys()
    for key, each in bad.items():
        refused, data, raw = found[key], files[key[0]][0], each.row.raw.removesuffix(b"\r")
        assert refused["reason"] == each.row.outcome, f"{each.row.name}: {refused['detail']}"
        assert (refused["line"], refused["byte_offset"]) == (each.line, each.byte_offset), each.row.name
        assert data[refused["byte_offset"] :].startswith(raw)
        assert refused["raw"] == raw[:RAW_KEPT_BYTES] and refused["raw_size"] == len(raw)
        assert refused["raw_sha256"] == hashlib.sha256(raw).hexdigest()
        assert refused["detail"] and refused["version"] == VERSION


def put_all(place: Place, source: str, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        place.put(Path(name).name, data, source)


@pytest.mark.parametrize(("suffix", "seed"), [(".ndjson", 1), (".ndjson.gz", 2)])
def test_bad_records_among_good_ones(tmp_path, suffix, seed):
    place, mixed = Place(tmp_path), shuffled([*GOOD, *ROWS], seed)
    thirds = {f"inbox/web/{n}{suffix}": written(mixed[n::3]) for n in range(3)}
    put_all(place, "web", {name: data for name, (data, _) in thirds.items()})
    counts = place.read().counts

    outcomes = Counter(row.outcome for row in mixed)
    assert (counts.records_in, counts.accepted, counts.blank) == (len(mixed), outcomes[ACCEPTED], outcomes[BLANK])
    assert counts.quarantined == sum(count for reason, count in outcomes.items() if reason in REASONS)
    assert_accepted_once(place, mixed)
    assert_quarantine_points_at_the_bytes(place, thirds)
    assert_again_changes_nothing(place, "web", {name: data for name, (data, _) in thirds.items()})


def assert_accepted_once(place: Place, mixed: list[Row]) -> None:
    """And as it was sent: names and values byte by byte."""
    events = place.events()
    by_id = {each["event_id"]: each for each in events}
    said = [(json.loads(row.raw), row) for row in mixed if row.outcome == ACCEPTED]
    assert len(events) == len(by_id) and by_id.keys() == {record["event_id"] for record, _ in said}
    for record, row in said:
        found = by_id[record["event_id"]]
        assert found["event_name"] == record["event_name"]
        assert f'"properties":{found["properties"]}' in row.raw.decode()
        assert (row.note or "") in (found["note"] or "") and bool(row.note) == bool(found["note"]), row.name


def assert_again_changes_nothing(place: Place, source: str, files: dict[str, bytes]) -> None:
    """The same bytes under other names, compressed if they were plain and the other way round."""
    before = place.events(), place.quarantine()
    for name, data in files.items():
        other = Path(name).name.removesuffix(".gz") if name.endswith(".gz") else f"{Path(name).name}.gz"
        place.put(f"again-{other}", data, source)
    counts = place.read().counts
    assert (counts.accepted, counts.quarantined, counts.duplicate_conflict) == (0, 0, 0)
    assert (place.events(), place.quarantine()) == before


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_bad_rows_among_good_ones_of_the_shop(tmp_path, suffix):
    place, mixed = Place(tmp_path), shuffled([*SHOP_GOOD, *SHOP_ROWS], 3)
    file = written(mixed, SHOP_HEADER + b"\n")
    place.put(f"day{suffix}", file[0], "shop")
    counts = place.read().counts
    outcomes = Counter(row.outcome for row in mixed)
    assert (counts.records_in, counts.accepted, counts.blank) == (len(mixed), outcomes[ACCEPTED], outcomes[BLANK])
    assert_quarantine_points_at_the_bytes(place, {f"inbox/shop/day{suffix}": file})
    notes = Counter(each["note"] for each in place.events() if each["note"])
    assert notes == {f"timestamp: {what}": 1 for what in (GAP, OVERLAP)}
    assert_again_changes_nothing(place, "shop", {f"inbox/shop/day{suffix}": file[0]})


def test_bad_files_beside_good_ones(tmp_path):
    place = Place(tmp_path)
    put_as_they_are(place, "web", [*READ, *REFUSED])
    put_as_they_are(place, "shop", SHOP_REFUSED)
    place.put("good.csv", written(SHOP_GOOD, SHOP_HEADER + b"\n")[0], "shop")
    batch = place.read()

    assert dict(place.failures()) == {
        f"inbox/{source}/{each.name}": each.failure
        for source, files in (("web", REFUSED), ("shop", SHOP_REFUSED))
        for each in files
    }
    by_path = {each.path: each.counts for each in batch.files}
    for each in READ:
        counts = by_path[f"inbox/web/{each.name}"]
        found = (counts.accepted, counts.blank, counts.quarantined)
        assert found == (each.accepted, each.blank, sum(each.refused.values())), each.name
    assert by_path["inbox/shop/good.csv"].accepted == len(SHOP_GOOD)
    assert Counter(each["reason"] for each in place.quarantine()) == sum(
        (Counter(each.refused) for each in READ), Counter()
    )
    assert place.new() == [], "a file that was refused is not looked at again before it changes"


def put_as_they_are(place: Place, source: str, files: list[File]) -> None:
    folder = place.put("first", b"", source).parent
    (folder / "first").unlink()
    for each in files:
        (folder / each.name).write_bytes(each.data)


def test_bad_files_again_under_other_names(tmp_path):
    place = Place(tmp_path)
    put_as_they_are(place, "web", [*READ, *REFUSED])
    place.read()
    before = place.events(), place.quarantine()
    folder = place.settings.inbox_root / "inbox/web"
    for each in [*READ, *REFUSED]:
        (folder / f"again-{each.name}").write_bytes(each.data)
    place.read()
    assert (place.events(), place.quarantine()) == before
    assert len(place.failures()) == 2 * len(REFUSED)


def test_what_became_of_a_file_that_was_refused_and_comes_again_whole(tmp_path):
    place = Place(tmp_path)
    whole = gzip.compress(written(GOOD)[0])
    put_as_they_are(place, "web", [File("day.ndjson.gz", whole[:9])])
    place.read()
    assert place.failures() == [("inbox/web/day.ndjson.gz", "file_corrupt")]
    put_as_they_are(place, "web", [File("day.ndjson.gz", whole)])
    assert place.read().counts.accepted == len(GOOD)


def test_a_gzip_inside_a_gzip_is_told_as_such(tmp_path):
    place = Place(tmp_path)
    put_as_they_are(place, "web", [File("twice.ndjson.gz", gzip.compress(gzip.compress(text("twice"))))])
    place.read()
    assert place.failures() == [("inbox/web/twice.ndjson.gz", "file_unsupported")]
