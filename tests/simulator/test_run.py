"""The same arguments give the same bytes, whatever the machine; impossible ones are refused with a message."""

import gzip
import hashlib
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from simulator import SimulationError, batches, simulate
from tests.simulator.world import World

SMALL = (4, 25, 3, date(2026, 3, 31))
SCRIPT = """
import sys, pathlib, datetime
from simulator import simulate
simulate(4, 25, 3, datetime.date(2026, 3, 31), pathlib.Path(sys.argv[1]))
"""


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.*"))}


def test_the_same_arguments_give_the_same_bytes_in_another_process_zone_and_hash_seed(tmp_path: Path) -> None:
    simulate(*SMALL, tmp_path / "here" / "inbox")
    other = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Kolkata", "LC_ALL": "C"}
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "there" / "inbox")]
    subprocess.run(command, env=other, check=True, cwd=Path(__file__).parents[2])
    assert _contents(tmp_path / "here") == _contents(tmp_path / "there")


def test_the_records_and_the_truth_are_these_on_every_python(tmp_path: Path) -> None:
    """A change here changes everybody's demo and every figure in the docs: make it knowingly."""
    simulate(*SMALL, tmp_path / "inbox")
    digest = hashlib.sha256()
    for name, content in _contents(tmp_path).items():
        if name != "projects.sqlite":  # its bytes are those of a version of SQLite; its rows are in the truth
            digest.update(name.encode() + (gzip.decompress(content) if name.endswith(".gz") else content))
    assert digest.hexdigest() == "050b231832906ac13655989edaac507e13cf98698c0b6ec0232e8b64a6195796"


def test_the_start_of_summer_time_takes_an_hour_away(tmp_path: Path) -> None:
    simulate(*SMALL, tmp_path / "inbox")
    totals = json.loads((tmp_path / "truth" / "totals.json").read_bytes())
    assert totals["starts_at"] == "2026-03-27T23:00:00.000000Z"
    assert totals["ends_at"] == "2026-03-31T22:00:00.000000Z"


def test_another_seed_gives_another_world(tmp_path: Path) -> None:
    for seed in (3, 4):
        simulate(2, 10, seed, date(2026, 3, 31), tmp_path / str(seed) / "inbox")
    assert _contents(tmp_path / "3") != _contents(tmp_path / "4")


def test_a_second_run_touches_no_file(tmp_path: Path) -> None:
    first = simulate(*SMALL, tmp_path / "inbox")
    before = {path: path.stat().st_mtime_ns for _, paths in batches(tmp_path / "inbox") for path in paths}
    assert simulate(*SMALL, tmp_path / "inbox") == first
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_a_folder_that_holds_another_simulation_is_refused_and_left_alone(tmp_path: Path) -> None:
    simulate(*SMALL, tmp_path / "inbox")
    before = _contents(tmp_path)
    with pytest.raises(SimulationError, match=r"inbox.*of another simulation.*remove that folder"):
        simulate(4, 25, 99, date(2026, 3, 31), tmp_path / "inbox")
    assert _contents(tmp_path) == before


def test_the_truth_can_lie_elsewhere(tmp_path: Path) -> None:
    simulate(1, 5, 1, date(2026, 3, 31), tmp_path / "inbox", truth=tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "totals.json").exists()
    assert not (tmp_path / "truth").exists()


def test_progress_counts_up_to_all_persons(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    simulate(1, 5, 1, date(2026, 3, 31), tmp_path / "inbox", on_progress=lambda *call: calls.append(call))
    assert [done for done, _ in calls] == list(range(1, calls[0][1] + 1))


@pytest.mark.parametrize(
    ("days", "users", "zone"), [(1, 1, "UTC"), (1, 2, "Pacific/Apia"), (45, 3, "America/New_York")]
)
def test_small_and_odd_sizes_work(tmp_path: Path, days: int, users: int, zone: str) -> None:
    summary = simulate(days, users, 1, date(2026, 11, 10), tmp_path / "inbox", timezone=zone)
    assert summary.records == summary.events + summary.duplicates + summary.broken


@pytest.mark.parametrize(
    ("days", "users", "zone", "message"),
    [
        (0, 5, "UTC", "days=0.*give 1 or more"),
        (1, 0, "UTC", "users=0.*give 1 or more"),
        (1, 5, "Mars/Crater", "timezone='Mars/Crater'.*Europe/Berlin"),
        (1, 5, "../etc", "timezone='../etc'.*Europe/Berlin"),
    ],
)
def test_impossible_arguments_are_refused(tmp_path: Path, days: int, users: int, zone: str, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        simulate(days, users, 1, date(2026, 3, 31), tmp_path / "inbox", timezone=zone)
    assert not (tmp_path / "inbox").exists()


def test_the_summary_says_what_was_written(world: World) -> None:
    summary = world.summary
    assert summary.files == len({line.file for line in world.lines})
    assert summary.records == len(world.lines)
    assert summary.events == len(world.events)
    assert summary.broken == len(world.broken)
    assert summary.persons == len(world.rows("truth.ndjson"))
