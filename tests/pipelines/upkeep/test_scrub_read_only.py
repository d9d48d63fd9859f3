"""A data folder that is there for reading only, a backup say, is looked at like any other."""

import random
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pipelines.lock import Busy, no_writer
from pipelines.upkeep.scrub import scrub
from pipelines.warehouse import open_lake
from pipelines.writable import NotWritable
from tests.faults.mounts import read_only
from tests.faults.place import Place, two_batches
from tests.faults.test_flipped_bits import SEED, flip
from tests.needs import needs_mounting

pytestmark = needs_mounting


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return two_batches(tmp_path)


@contextmanager
def for_reading(place: Place) -> Iterator[None]:
    with read_only(place.settings.data_folder):
        yield


def test_what_is_sound_is_found_sound(place):
    with for_reading(place):
        found = scrub(place.settings)
    assert (found.segments, found.findings, found.is_complete) == (4, [], True)


def test_a_flipped_bit_is_found(place):
    path = next((place.settings.lake_folder / "events").rglob("*.parquet"))
    flip(path, random.Random(SEED))
    with for_reading(place):
        assert [each.path for each in scrub(place.settings).findings] == [
            str(path.relative_to(place.settings.lake_folder))
        ]


def test_a_backup_without_the_lock_is_whole(place):
    (place.settings.data_folder / "writer.lock").unlink()
    with for_reading(place):
        assert scrub(place.settings).is_complete


@pytest.fixture
def backup(place, tmp_path) -> Place:
    """A copy of a house while its ledger is open: the last batch stands in the write-ahead log only."""
    with closing(place.ledger()):
        place.put("3.ndjson", b'{"event_name": 7}')
        place.read()
        copy = Place(tmp_path / "backup")
        shutil.copytree(place.settings.data_folder, copy.settings.data_folder)
    return copy


def test_batches_in_the_write_ahead_log_count(backup):
    with for_reading(backup):
        found = scrub(backup.settings)
    assert (found.segments, found.findings) == (5, [])


def test_a_write_ahead_log_that_cannot_be_read_is_told(backup):
    """SQLite wants the file beside it, or to make it; without the log batches would be missing in silence."""
    (backup.settings.data_folder / "ledger.sqlite-shm").unlink()
    with for_reading(backup), pytest.raises(OSError, match="mounted for reading only"):
        scrub(backup.settings)


def test_a_writer_is_still_noticed(place):
    lock = place.settings.data_folder / "writer.lock"
    with no_writer(lock), for_reading(place), pytest.raises(Busy), no_writer(lock):
        pass


def test_who_wants_to_write_is_told_so(place):
    with for_reading(place), pytest.raises(NotWritable), open_lake(place.settings, 0):
        pass
