"""A full disk and killed writers: nothing is acknowledged, nothing becomes a quarantine row, the next ingest completes."""

import os
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from pipelines.ingest.shelf import Shelf
from pipelines.ingest.writers import Pool
from pipelines.lake import LakeError
from tests.faults.catalogue import line
from tests.faults.place import Place

EVENTS = (
    b"".join(line(event_id=f"e-{n}", properties={"n": os.urandom(40).hex()}) + b"\n" for n in range(2000)) + b"[1]\n"
)


@contextmanager
def small_files(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: the next write fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A function that mounts a disk of so many KiB, or gives the mounted one that size. Skips where nobody may mount."""
    disk = tmp_path / "disk"

    def sized(kib: int) -> Path:
        again = ["-o", f"remount,size={kib}k"] if disk.is_mount() else ["-t", "tmpfs", "-o", f"size={kib}k", "tmpfs"]
        disk.mkdir(exist_ok=True)
        if subprocess.run(["mount", *again, str(disk)], capture_output=True).returncode:
            pytest.skip("for want of the right to mount")
        return disk

    yield sized
    if disk.is_mount():
        subprocess.run(["umount", str(disk)], check=True)


def assert_nothing_or_all(place: Place, was_read: bool) -> None:
    """And nobody's files are gone with the next ingest."""
    assert len(place.events()) == (2000 if was_read else 0)
    assert [each["reason"] for each in place.quarantine()] == (["not_object"] if was_read else [])
    assert place.failures() == []


def read_on_a_full_disk(place: Place) -> bool:
    """Whether there was room for it."""
    try:
        return place.read().counts.accepted == 2000
    except (OSError, OperationalError):
        return False


def test_a_disk_of_any_size_holds_all_or_nothing(tmp_path, small_disk):
    results = set()
    for kib in (60, 100, 140, 180, 220, 260, 300, 400, 2000):
        place = Place(tmp_path / str(kib), data=small_disk(2000) / str(kib))
        place.put("a.ndjson", EVENTS)
        small_disk(kib)
        was_read = read_on_a_full_disk(place)
        small_disk(20_000)
        assert_nothing_or_all(place, was_read)
        assert was_read or read_on_a_full_disk(place), "the next one, with room"
        assert_nothing_or_all(place, True)
        results.add(was_read)
        subprocess.run(["rm", "-r", str(small_disk(2000) / str(kib))], check=True)
    assert results == {True, False}, "some disks were too small, and one was not"


def test_a_segment_that_cannot_be_written(tmp_path):
    place = Place(tmp_path)
    place.put("a.ndjson", b"[1]\n")
    place.read()
    place.put("b.ndjson", EVENTS)
    with small_files(64 << 10), pytest.raises(OSError, match="too large"):
        place.read()
    assert len(place.quarantine()) == 1 and not place.events() and not place.failures()
    assert place.read().counts.accepted == 2000
    assert len(place.lake_files()) == 3


def test_a_killed_writer_process(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.ingest.coordinator.SMALL_BYTES", 0)
    monkeypatch.setattr("pipelines.ingest.coordinator.all_native", lambda tasks: False)
    place = Place(tmp_path, processes=2)
    place.put("a.ndjson", EVENTS)
    finish = Pool.finish

    def killed(self: Pool) -> list:
        os.kill(self.writers[0]._child.pid, signal.SIGKILL)  # pyright: ignore[reportAttributeAccessIssue]
        return finish(self)

    with (
        monkeypatch.context() as broken,
        pytest.raises(ChildProcessError, match="nothing of the batch was acknowledged"),
    ):
        broken.setattr(Pool, "finish", killed)
        place.read()
    assert not place.events() and place.ledger().last_batch() == 0
    assert place.read().counts.accepted == 2000


def test_a_file_that_vanishes_in_the_middle_of_the_batch(tmp_path, monkeypatch):
    place = Place(tmp_path)
    paths = [place.put(name, line(event_id=name)) for name in ("a.ndjson", "b.ndjson", "c.ndjson")]
    judge = Shelf.judge

    def vanish(self: Shelf, block):
        paths[2].unlink(missing_ok=True)
        return judge(self, block)

    monkeypatch.setattr(Shelf, "judge", vanish)
    with pytest.raises(FileNotFoundError):
        place.read()
    assert not place.events()
    assert place.read().counts.accepted == 2


def test_the_lake_of_another_ledger_is_left_alone(tmp_path):
    place = Place(tmp_path)
    for number in range(3):
        place.put(f"{number}.ndjson", line(event_id=f"e-{number}"))
        place.read()
    files = place.lake_files()
    other = Place(tmp_path, ledger_url=f"sqlite:///{tmp_path / 'other.sqlite'}")
    with pytest.raises(LakeError, match="TRAILHOUSE_LEDGER_URL"):
        other.read([])
    assert place.lake_files() == files
    place.read([])


def test_acknowledged_segments_that_are_gone_are_told_before_anything_is_removed(tmp_path):
    place = Place(tmp_path)
    place.put("a.ndjson", line(event_id="e-1"))
    place.read()
    (path,) = place.lake_files()
    (place.settings.lake_folder / path).rename(place.settings.lake_folder / path.replace("0000000001", "0000000002"))
    with pytest.raises(LakeError, match="1 that it knows are gone"):
        place.read([])
