"""An ingest over files that are not as files should be: gone, unreadable, badly named, broken at first."""

import gzip
import os
from pathlib import Path

import pytest

from tests.faults.catalogue import line
from tests.faults.place import Place


def events(*numbers: int) -> bytes:
    return b"".join(line(event_id=f"e-{n}") + b"\n" for n in numbers)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_file_that_is_gone_since_it_was_listed(place):
    gone, there = (place.task(place.put(name, events(n))) for n, name in enumerate(("a.ndjson", "b.ndjson")))
    gone.path.unlink()
    assert place.read([gone, there]).counts.accepted == 1


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="for want of a file that opens and cannot be read")
def test_a_file_that_cannot_be_read_is_told_once_and_tried_again(place):
    path = place.put("b.ndjson", b"")
    path.unlink()
    path.symlink_to("/proc/self/mem")
    for name in ("a.ndjson", "c.ndjson"):
        place.put(name, events(ord(name[0])))
        assert place.read().counts.accepted == 1
    assert place.failures() == [("inbox/web/b.ndjson", "file_unsupported")]
    place.put("b.ndjson", events(1))
    assert place.read().counts.accepted == 1


def test_a_name_that_is_no_text(place):
    path = place.put("a.ndjson", events(1))
    path.rename(os.fsdecode(os.fsencode(path.parent) + b"/caf\xe9.ndjson"))
    assert place.read().counts.accepted == 1
    assert place.new() == []


def test_an_index_that_cannot_be_written_takes_nothing_back(place):
    """The ledger has acknowledged by then; the index is a cache."""
    place.settings.data_folder.mkdir(parents=True)
    (place.settings.data_folder / "index").write_bytes(b"no folder")
    place.put("a.ndjson", events(1))
    assert place.read().batch == 1
    (place.settings.data_folder / "index").unlink()
    place.put("b.ndjson", events(1, 2))
    assert place.read().counts.accepted == 1


def test_what_a_killed_ingest_left_in_the_index_goes(place):
    left = place.settings.data_folder / "index" / "known-7.npy.tmp"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    place.put("a.ndjson", events(1))
    place.read()
    assert sorted(path.name for path in left.parent.iterdir()) == ["known-1.npy", "manifest.json"]


def test_a_corrupt_file_may_come_again_under_its_name(place):
    path = place.put("day.ndjson.gz", events(*range(21)))
    whole = path.read_bytes()
    path.write_bytes(whole[:-5] + b"12345")
    place.read()
    path.write_bytes(whole)
    assert place.read().counts.accepted == 21
    assert place.failures() == [("inbox/web/day.ndjson.gz", "file_corrupt")]


def test_a_batch_of_refused_files_only_is_no_batch(place):
    place.put("a.ndjson", gzip.compress(b"x")[:5])
    assert place.read().batch == 0
    assert place.ledger().last_batch() == 0 and len(place.failures()) == 1
