"""What is flipped, missing, foreign, or said wrongly by the ledger is found; flips by the dozen: tests/faults."""

import random
import shutil
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.lake import Segment
from pipelines.ledger.tables import segments as segments_table
from pipelines.lock import writer_lock
from pipelines.models import Model
from pipelines.upkeep.compact import compact
from pipelines.upkeep.scrub import scrub
from pipelines.upkeep.strike import strike
from pipelines.warehouse import open_lake, open_warehouse
from pipelines.work import run_all
from tests.faults.place import Place, two_batches
from tests.faults.test_flipped_bits import SEED, flip
from tests.houses import tables_of


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return two_batches(tmp_path)


def segments(place: Place) -> list[Segment]:
    with closing(place.ledger()) as ledger:
        return [each for kind in ("events", "quarantine") for each in ledger.segments(kind, 0, 99)]


def findings(place: Place) -> list[tuple[str, str]]:
    return [(each.path, each.what) for each in scrub(place.settings).findings]


def test_a_sound_lake_has_nothing_wrong(place):
    found = scrub(place.settings)
    assert (found.segments, found.findings, found.is_complete) == (4, [], True)
    assert found.bytes == sum(each.bytes for each in segments(place))


def test_a_flipped_bit_in_a_compacted_segment_is_found_too(place):
    with open_lake(place.settings, 0) as ledger:
        done = compact(place.settings.lake_folder, ledger, after_days=-1, keep_hours=0)
    assert len(done) == 2 and findings(place) == []
    for each in done:
        flip(place.settings.lake_folder / each.new.path, random.Random(SEED))
    assert {path for path, _ in findings(place)} == {each.new.path for each in done}


def test_missing_cut_and_unknown_files_are_found(place):
    lake, (missing, cut, *_) = place.settings.lake_folder, segments(place)
    (lake / missing.path).unlink()
    (lake / cut.path).write_bytes((lake / cut.path).read_bytes()[:-9])
    shutil.copyfile(lake / cut.path, (lake / cut.path).with_name("copy.parquet"))
    found = dict(findings(place))
    assert found[missing.path] == "it is missing"
    assert found[cut.path].startswith("it has ")
    assert [what for path, what in found.items() if path.endswith("copy.parquet")] == ["the ledger does not know it"]


def test_a_ledger_that_says_other_row_counts_is_found(place):
    first = segments(place)[0]
    with closing(place.ledger()) as ledger, ledger._engine.begin() as connection:
        connection.execute(sa.update(segments_table).where(segments_table.c.path == first.path).values(rows=21))
    assert findings(place) == [(first.path, "it has 20 rows, the ledger says 21")]


def test_replaced_segments_that_wait_are_not_unknown(place):
    with open_lake(place.settings, 0) as ledger:
        compact(place.settings.lake_folder, ledger, after_days=-1, keep_hours=24)
    assert findings(place) == []


def test_while_somebody_writes_unknown_files_are_not_judged(place):
    (place.settings.lake_folder / segments(place)[0].path).with_name("new.parquet").write_bytes(b"")
    hurried = place.settings.model_copy(update={"lock_wait_seconds": 0})
    with writer_lock(place.settings.data_folder / "writer.lock"):
        found = scrub(hurried)
    assert not found.is_complete and not found.findings


def test_the_cure_says_whether_the_inbox_still_has_it(place):
    flip(place.settings.lake_folder / segments(place)[0].path, random.Random(SEED))
    (found,) = scrub(place.settings).findings
    assert "2 of the 2 inbox files" in found.do and "--strike" in found.do and found.can_be_read_again
    (place.settings.inbox_root / "inbox/web/1.ndjson").unlink()
    (found,) = scrub(place.settings).findings
    assert "1 of the 2 inbox files" in found.do and "from a backup" in found.do and not found.can_be_read_again


@pytest.mark.parametrize("kind", ["events", "quarantine"])
def test_what_a_struck_segment_held_is_read_again(place, house, kind):
    with open_warehouse(place.settings, house, 0) as warehouse:
        run_all(warehouse)
        before = tables_of(warehouse)
    held = {(row["source"], row["event_id"]) for row in place.events()}, len(place.quarantine())
    path = next(each.path for each in segments(place) if each.kind == kind)
    flip(place.settings.lake_folder / path, random.Random(SEED))
    batch = strike(place.settings, house, scrub(place.settings).findings)
    assert batch is not None and batch.kind == "reingest"
    assert findings(place) == []
    assert ({(row["source"], row["event_id"]) for row in place.events()}, len(place.quarantine())) == held
    with open_warehouse(place.settings, house, 0) as warehouse:
        run_all(warehouse)
        after = tables_of(warehouse)
    assert without_now(after, house.models) == without_now(before, house.models)
    assert len(without_now(after, house.models)) > 20


def without_now(tables: dict, models: dict[str, Model]) -> dict:
    """The recorded time of the batch that read again is a later one: what reads it, or what was made of it, is left out."""
    depends = {"raw.batches"}
    for name, model in models.items():
        if depends & set(model.inputs):
            depends.add(name)
    return {name: rows for name, rows in tables.items() if name not in depends}
