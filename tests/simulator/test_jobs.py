"""Jobs: starts, heartbeats, ends, and those that get stuck."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

from tests.simulator.world import World, moment


def _by_job(world: World) -> dict[str, dict[str, list[datetime]]]:
    """job -> event name -> times."""
    found: dict[str, dict[str, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    for (source, _), event in world.events.items():
        if source == "jobs":
            found[event["ids"]["job_id"]][event["event_name"]].append(event["occurred_at"])
    return found


def test_the_jobs_of_the_truth_are_those_of_the_files(world: World) -> None:
    seen = _by_job(world)
    rows = world.rows("jobs.ndjson")
    assert len(rows) > 60
    for row in rows:
        ends = [*seen[row["job_id"]]["job_completed"], *seen[row["job_id"]]["job_failed"]]
        beats = seen[row["job_id"]]["job_heartbeat"] if row["started_at"] else []
        assert [moment(row["started_at"])] == seen[row["job_id"]]["job_started"] or row["started_at"] is None
        assert (row["last_heartbeat_at"] and moment(row["last_heartbeat_at"])) == max(beats, default=None)
        assert [row["ended_at"] and moment(row["ended_at"])] == (ends or [None])


def test_jobs_end_in_every_way_and_are_counted(world: World) -> None:
    rows, counts = world.rows("jobs.ndjson"), dict(world.totals["jobs"])
    assert counts.pop("stuck") == sum(row["is_stuck"] for row in rows) > 2
    assert counts == Counter(row["outcome"] for row in rows)
    assert counts["completed"] > sum(counts.values()) / 2 and counts["failed"] > 2


def test_a_job_beats_every_minute_until_it_ends_or_is_stuck(world: World) -> None:
    stuck = {row["job_id"] for row in world.rows("jobs.ndjson") if row["is_stuck"]}
    late = 0
    for job_id, seen in _by_job(world).items():
        times = sorted(each for found in seen.values() for each in found)
        gaps = [after - before for before, after in pairwise(times)]
        late += any(gap > timedelta(seconds=67) for gap in gaps)  # one between them is on its way for hours
        assert not (job_id in stuck and {"job_completed", "job_failed"} & seen.keys())
    assert late < 5


def test_jobs_are_a_small_part_of_all(world: World) -> None:
    assert 0.005 < world.totals["sources"]["jobs"]["records"] / len(world.lines) < 0.03
