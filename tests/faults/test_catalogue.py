"""Bad input never fails a batch: every good record is accepted once, every bad one is in quarantine with its bytes.

Every row of the catalogue goes through every format that can carry it, shuffled among good ones.
"""

import hashlib
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.exc import IntegrityError

from pipelines.envelope import RAW_KEPT_BYTES, REASONS, VERSION
from pipelines.files.array_reader import ArrayReader
from pipelines.ingest.known_ids import KnownIds
from pipelines.judge import core, native, tables
from pipelines.judge.timestamps import GAP, OVERLAP
from pipelines.ledger import Batch
from tests.faults.bad_files import ARRAY_READ, ARRAY_REFUSED, READ, REFUSED, SHOP_REFUSED, TABLE_REFUSED, File
from tests.faults.carriers import CARRIERS, MAPPED, Carrier, Placed, Written, lines
from tests.faults.catalogue import ACCEPTED, BLANK, FIRST, ROWS, SAME, SHOP_HEADER, SHOP_ROWS, Row, fine
from tests.faults.place import Place, packed

GOOD = [fine(f"good {n}", event_id=f"good-{n}", properties={"path": f"/{n}"}) for n in range(100)]
SHOP_GOOD = [
    Row(f"good {n}", f"{n},A,MUG,2,2026-02-01 10:40:00,2.55,17850.0,UK".encode(), ACCEPTED)
    for n in range(400000, 400100)
]


def shuffled(rows: list[Row], seed: int) -> list[Row]:
    mixed = list(rows)
    random.Random(seed).shuffle(mixed)
    return mixed


def carried(carrier: Carrier, seed: int) -> Written:
    rows = [*FIRST, *shuffled([*GOOD, *ROWS], seed)]
    return carrier.write([row for row in rows if carrier.carries(row)])


def put(place: Place, carrier: Carrier, data: bytes, name: str = "day") -> None:
    place.put(f"{name}{carrier.packing}", data, carrier.name)


def read_all(folder: Path, carriers: list[Carrier]) -> tuple[Place, dict[str, Written]]:
    """One batch of all formats, and what was in it."""
    place, files = Place(folder), {}
    for seed, carrier in enumerate(carriers):
        place.add(carrier.name, **carrier.words)
        files[carrier.name] = carried(carrier, seed)
        put(place, carrier, files[carrier.name][0])
    assert_counted(place.read(), files)
    return place, files


def assert_counted(batch: Batch, files: dict[str, Written]) -> None:
    """Conservation, for every file."""
    assert len(batch.files) == len(files) and not batch.failures
    for each in batch.files:
        outcomes = Counter(placed.row.outcome for placed in files[each.source][1])
        counts = each.counts
        assert counts.records_in == outcomes.total()
        assert counts.accepted == outcomes[ACCEPTED] and counts.blank == outcomes[BLANK]
        assert counts.duplicate_same == outcomes[SAME]
        assert counts.duplicate_conflict == outcomes["duplicate_conflict"]
        assert counts.quarantined == sum(outcomes[reason] for reason in REASONS - {"duplicate_conflict"})


def assert_outcomes(place: Place, carriers: list[Carrier], files: dict[str, Written]) -> None:
    events, refused = place.events(), place.quarantine()
    for carrier in carriers:
        placed = files[carrier.name][1]
        assert_accepted_once(carrier, placed, [each for each in events if each["source"] == carrier.name])
        assert_kept(placed, [each for each in refused if each["source"] == carrier.name])


def assert_accepted_once(carrier: Carrier, placed: list[Placed], events: list[dict]) -> None:
    """And as it was sent: names and values byte by byte. A made id says the number of its record."""
    wanted = [each for each in placed if each.row.outcome == ACCEPTED]
    assert len(events) == len(wanted) == len({each["event_id"] for each in events})
    for place, found in zip(wanted, events, strict=True):
        row, said = place.row, json.loads(place.row.raw)
        made = f"-{place.record:010d}-"
        event_id = said.get("event_id")
        assert found["event_id"] == str(event_id) if event_id is not None else made in found["event_id"], row.name
        assert (found["event_name"], found["raw_timestamp"]) == (said["event_name"], said["timestamp"])
        assert (row.note or "") in (found["note"] or "") and bool(row.note) == bool(found["note"]), row.name
        assert_properties(carrier, place, found["properties"])


def assert_properties(carrier: Carrier, place: Placed, properties: str) -> None:
    if carrier.is_mapped:
        assert json.loads(properties) == {"path": (place.row.cells or {})["path"]}, place.row.name
        return
    said = json.loads(place.row.raw).get("properties")
    assert json.loads(properties) == (said or {}), place.row.name
    assert said is None or f'"properties":{properties}' in place.raw.decode().replace('": {', '":{')


def assert_kept(placed: list[Placed], refused: list[dict]) -> None:
    """Quarantine points at the bytes, and keeps them."""
    found = {each["record"]: each for each in refused}
    wanted = {each.record: each for each in placed if each.row.outcome in REASONS}
    assert len(refused) == len(found) and found.keys() == wanted.keys()
    for record, each in wanted.items():
        row, raw = found[record], each.raw
        assert row["reason"] == each.row.outcome, f"{each.row.name}: {row['detail']}"
        assert (row["line"], row["byte_offset"]) == (each.line, each.byte_offset), each.row.name
        assert row["raw"] == raw[:RAW_KEPT_BYTES] and row["raw_size"] == len(raw), each.row.name
        assert row["raw_sha256"] == hashlib.sha256(raw).hexdigest()
        assert row["detail"] and row["version"] == VERSION


def test_every_row_by_every_format_that_carries_it(tmp_path):
    place, files = read_all(tmp_path, CARRIERS)
    assert_outcomes(place, CARRIERS, files)
    before = place.events(), place.quarantine()
    for carrier in CARRIERS:
        put_again(place, carrier, files[carrier.name][0])
    counts = place.read().counts
    assert (counts.accepted, counts.quarantined, counts.duplicate_conflict) == (0, 0, 0)
    assert (place.events(), place.quarantine()) == before


def put_again(place: Place, carrier: Carrier, data: bytes) -> None:
    """Under another name, and compressed if it was not, or the other way round."""
    other = {"": ".zst", ".gz": "", ".zst": ".gz"}[carrier.packing] if carrier.name != "parquet" else ""
    place.put(f"again{other}", data, carrier.name)


def test_the_catalogue_is_whole():
    """No reason goes without a row, and every format carries many."""
    reasons = {row.outcome for row in ROWS} & REASONS
    whole_files = {"file_truncated", "file_corrupt", "file_bomb", "file_mutated", "file_encoding", "file_unsupported"}
    assert reasons == REASONS - whole_files - {"internal_error"}
    assert len({row.name for row in ROWS}) == len(ROWS) >= 150
    carried_rows = {carrier.name: sum(map(carrier.carries, ROWS)) for carrier in CARRIERS}
    assert min(carried_rows.values()) >= 60, carried_rows


# ---- negative controls: a judge or a reader that is broken at one point


def swallow_a_record(broken: pytest.MonkeyPatch) -> None:
    add = tables.Refusals.add
    broken.setattr(
        tables.Refusals, "add", lambda self, index, span, why: why.reason == "bad_type" or add(self, index, span, why)
    )


def count_it_as_blank(broken: pytest.MonkeyPatch) -> None:
    judge_each = core.Judge._judge_each

    def judge(self: core.Judge, block, spans, rest, refusals) -> tuple:
        blank, events = judge_each(self, block, spans, rest, refusals)
        lost = refusals.rows.pop() if refusals.rows else None
        del refusals.ends[len(refusals.rows) :]
        return blank + (lost is not None), events

    broken.setattr(core.Judge, "_judge_each", judge)


def take_what_python_takes(broken: pytest.MonkeyPatch) -> None:
    parse = native.parse

    def lenient(raw: bytes, most: int) -> Any:
        return json.loads(raw) if b"NaN" in raw else parse(raw, most)

    broken.setattr(native, "parse", lenient)


def keep_less(broken: pytest.MonkeyPatch) -> None:
    broken.setattr(tables, "RAW_KEPT_BYTES", 1000)


def count_lines_wrong(broken: pytest.MonkeyPatch) -> None:
    broken.setattr(tables.Refusals, "_line", lambda self, start: 1)


def give_another_reason(broken: pytest.MonkeyPatch) -> None:
    make_row = tables.Refusals._row
    broken.setattr(tables.Refusals, "_row", lambda *sent: make_row(*sent) | {"reason": "bad_type"})


def take_duplicates(broken: pytest.MonkeyPatch) -> None:
    broken.setattr(KnownIds, "see", lambda self, rows: (np.ones(len(rows), bool), np.zeros(len(rows), bool)))


def drop_an_element(broken: pytest.MonkeyPatch) -> None:
    pass_elements = ArrayReader._pass_elements

    def drop(self: ArrayReader, spans: list) -> Any:
        doubt = pass_elements(self, spans)
        del spans[7:8]
        return doubt

    broken.setattr(ArrayReader, "_pass_elements", drop)


CONTROLS = [
    swallow_a_record,
    count_it_as_blank,
    take_what_python_takes,
    keep_less,
    count_lines_wrong,
    give_another_reason,
    take_duplicates,
    drop_an_element,
]


@pytest.mark.parametrize("control", CONTROLS)
def test_a_break_is_noticed(tmp_path, monkeypatch, control):
    carriers = [carrier for carrier in CARRIERS if carrier.name in ("lines", "array")]
    control(monkeypatch)
    with pytest.raises((AssertionError, IntegrityError)):  # the ledger has a check of its own
        place, files = read_all(tmp_path, carriers)
        assert_outcomes(place, carriers, files)


# ---- rows that only csv can write


@pytest.mark.parametrize("packing", ["", ".zst"])
def test_bad_rows_among_good_ones_of_the_shop(tmp_path, packing):
    place, mixed = Place(tmp_path), shuffled([*SHOP_GOOD, *SHOP_ROWS], 3)
    data, placed = lines(mixed, SHOP_HEADER + b"\n")
    place.put(f"day.csv{packing}", data, "shop")
    assert_counted(place.read(), {"shop": (data, placed)})
    assert_kept(placed, place.quarantine())
    notes = Counter(each["note"] for each in place.events() if each["note"])
    assert notes == {f"timestamp: {what}": 1 for what in (GAP, OVERLAP)}


# ---- whole files

SOURCES = {
    "web": [*READ, *REFUSED],
    "array": [*ARRAY_READ, *ARRAY_REFUSED],
    "table": TABLE_REFUSED,
    "shop": SHOP_REFUSED,
}


def place_of_files(folder: Path) -> Place:
    place = Place(folder)
    place.add("array", format="json")
    place.add("table", format="parquet", **MAPPED)
    return place


def put_as_they_are(place: Place, source: str, files: list[File], prefix: str = "") -> None:
    folder = place.put("first", b"", source).parent
    (folder / "first").unlink()
    for each in files:
        (folder / f"{prefix}{each.name}").write_bytes(each.data)


def put_all(place: Place, prefix: str = "") -> None:
    for source, files in SOURCES.items():
        put_as_they_are(place, source, files, prefix)


def test_bad_files_beside_good_ones(tmp_path):
    place = place_of_files(tmp_path)
    put_all(place)
    place.put("good.csv", lines(SHOP_GOOD, SHOP_HEADER + b"\n")[0], "shop")
    batch = place.read()

    wanted = {f"inbox/{source}/{each.name}": each for source, files in SOURCES.items() for each in files}
    assert dict(place.failures()) == {path: each.failure for path, each in wanted.items() if each.failure}
    by_path = {each.path: each.counts for each in batch.files}
    assert by_path.pop("inbox/shop/good.csv").accepted == len(SHOP_GOOD)
    assert by_path.keys() == {path for path, each in wanted.items() if not each.failure}
    for path, counts in by_path.items():
        found = (counts.accepted, counts.blank, counts.quarantined)
        assert found == (wanted[path].accepted, wanted[path].blank, sum(wanted[path].refused.values())), path
    refused = sum((Counter(each.refused) for each in wanted.values()), Counter())
    assert Counter(each["reason"] for each in place.quarantine()) == refused
    assert place.new() == [], "a file that was refused is not looked at again before it changes"


def test_bad_files_again_under_other_names(tmp_path):
    place = place_of_files(tmp_path)
    put_all(place)
    place.read()
    before, failures = (place.events(), place.quarantine()), place.failures()
    put_all(place, "again-")
    place.read()
    assert (place.events(), place.quarantine()) == before
    assert len(place.failures()) == 2 * len(failures)


@pytest.mark.parametrize("packing", [".gz", ".zst"])
def test_what_became_of_a_file_that_was_refused_and_comes_again_whole(tmp_path, packing):
    place = Place(tmp_path)
    whole = packed(packing, lines(GOOD)[0])
    put_as_they_are(place, "web", [File("day", whole[:9])])
    place.read()
    assert place.failures() == [("inbox/web/day", "file_corrupt")]
    put_as_they_are(place, "web", [File("day", whole)])
    assert place.read().counts.accepted == len(GOOD)
