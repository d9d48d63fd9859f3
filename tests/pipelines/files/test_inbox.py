"""Which files count, and from when on: whole ones, settled or renamed into place, once for each change."""

import os
import threading
import time
from pathlib import Path

import pytest

from pipelines.files import inbox
from pipelines.files.inbox import find_new, task_of
from pipelines.moments import now
from tests.faults.catalogue import line
from tests.faults.place import Place

HOUR = 3600


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def names(place: Place, settled: bool = False) -> list[str]:
    return [task.name for task in place.new(settled)]


def aged(path: Path, seconds: float) -> Path:
    moment = time.time_ns() - round(seconds * 1e9)
    os.utime(path, ns=(moment, moment))
    return path


def test_files_at_any_depth_by_name(place):
    for name in ("b.ndjson", "2026/03/a.ndjson.gz", "a.ndjson"):
        place.put(name, line())
    place.put("z.ndjson", line(), "backend")
    assert names(place) == [
        "inbox/backend/z.ndjson",
        "inbox/web/2026/03/a.ndjson.gz",
        "inbox/web/a.ndjson",
        "inbox/web/b.ndjson",
    ]


@pytest.mark.parametrize(
    "name", [".a.ndjson", "a.ndjson.tmp", ".partial/a.ndjson", "a.tmp/a.ndjson", "x/.y/z/a.ndjson"]
)
def test_half_written_files_are_not_read(place, name):
    place.put(name, line())
    assert names(place) == []


def test_a_file_counts_once_it_is_settled(place):
    settle = place.sources["web"].settle_seconds
    aged(place.put("new.ndjson", line()), 0)
    aged(place.put("old.ndjson", line()), settle + 1)
    assert names(place, settled=True) == ["inbox/web/old.ndjson"]
    assert names(place, settled=False) == ["inbox/web/new.ndjson", "inbox/web/old.ndjson"]


def test_a_file_from_the_future_settles_by_when_it_came(place, monkeypatch):
    aged(place.put("a.ndjson", line()), -1000 * HOUR)
    assert names(place, settled=True) == []
    later = now() + 3_000_000
    monkeypatch.setattr(inbox, "now", lambda: later)
    assert names(place, settled=True) == ["inbox/web/a.ndjson"]


def test_a_clock_that_goes_back_a_day_holds_no_file_back(place, monkeypatch):
    aged(place.put("a.ndjson", line()), 60)
    yesterday = now() - 86_400_000_000
    monkeypatch.setattr(inbox, "now", lambda: yesterday)
    assert names(place, settled=True) == ["inbox/web/a.ndjson"]


def test_a_file_is_new_once_for_each_change(place):
    path = place.put("a.ndjson", line(event_id="e-1") + b"\n")
    place.read()
    assert names(place) == []
    with path.open("ab") as file:
        file.write(line(event_id="e-2") + b"\n")
    (task,) = place.new()
    assert (task.new_bytes, task.size) == (len(line(event_id="e-2")) + 1, path.stat().st_size)
    place.read()
    aged(path, HOUR)
    assert names(place) == ["inbox/web/a.ndjson"], "its time changed: only its bytes can tell"
    assert place.read().counts.records_in == 0
    assert names(place) == []


def test_folders_links_and_pipes_are_no_files(place, tmp_path):
    folder = place.put("a/b.ndjson", line()).parent
    (folder.parent / "gone.ndjson").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder.parent / "pipe.ndjson")
    (folder.parent / "folder.ndjson").mkdir()
    (folder.parent / "linked.ndjson").symlink_to(folder / "b.ndjson")
    assert names(place) == ["inbox/web/a/b.ndjson", "inbox/web/linked.ndjson"]


def test_a_source_may_lie_anywhere(place, tmp_path):
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    (elsewhere / "a.ndjson").write_bytes(line())
    place.settings.inbox_root.joinpath("inbox").mkdir()
    place.sources = {"web": place.sources["web"].model_copy(update={"folder": elsewhere.resolve()})}
    sub = Place(tmp_path / "root")
    sub.sources = place.sources
    assert names(sub) == [str(elsewhere.resolve() / "a.ndjson")]
    assert sub.read().counts.accepted == 1


def test_a_path_in_no_source_is_no_task(place, tmp_path):
    stray = tmp_path / "stray.ndjson"
    stray.write_bytes(line())
    assert task_of(stray, place.settings.inbox_root, place.sources, lambda name: None) is None


def test_files_that_come_and_go_while_the_folder_is_listed(place):
    """Against the clock: half a second of a sender that renames its files away."""
    folder = place.put("stays.ndjson", line()).parent
    is_over = threading.Event()

    def come_and_go() -> None:
        while not is_over.is_set():
            for number in range(50):
                (folder / f"{number}.ndjson").write_bytes(b"x")
            for number in range(50):
                (folder / f"{number}.ndjson").unlink()

    sender = threading.Thread(target=come_and_go)
    sender.start()
    try:
        deadline = time.monotonic() + 0.5
        while time.monotonic() < deadline:
            found = find_new(place.settings.inbox_root, place.sources, {}, settled=False)
            assert "inbox/web/stays.ndjson" in [task.name for task in found]
    finally:
        is_over.set()
        sender.join()
