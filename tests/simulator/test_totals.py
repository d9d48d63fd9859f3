"""Conservation: an independent reading of the files finds exactly what the truth says."""

from collections import Counter
from typing import Any

import pytest

from tests.simulator.judge import judge
from tests.simulator.world import World

STAMPS = ("sent_at", "received_at", "occurred_at")


def _payload(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in STAMPS}


def _verdicts(world: World) -> Counter[tuple[str, str]]:
    """Judges every record as a ledger would: the first copy of an id counts."""
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for source, record in world.records:
        key, payload = (source, record["event_id"]), _payload(record)
        is_new = key not in seen
        verdict = "accepted" if is_new else "duplicate_same" if seen[key] == payload else "duplicate_conflict"
        seen.setdefault(key, payload)
        counts[source, verdict] += 1
    return counts


@pytest.mark.parametrize("source", ["web", "backend", "jobs"])
def test_the_totals_are_what_an_independent_reading_finds(world: World, source: str) -> None:
    totals, counts = world.totals["sources"][source], _verdicts(world)
    for verdict in ("accepted", "duplicate_same", "duplicate_conflict"):
        assert totals[verdict] == counts[source, verdict]
        assert totals[verdict] > 0 or source == "jobs"  # which sends too little for all of them
    lines = [line for line in world.lines if line.source == source]
    assert totals["records"] == len(lines)
    assert totals["files"] == len({line.file for line in lines})
    assert totals["records"] == sum(counts[key] for key in counts if key[0] == source) + sum(totals["broken"].values())


def test_every_line_is_refused_for_its_reason_or_not_at_all(world: World) -> None:
    for line in world.lines:
        assert judge(line.raw) == world.broken.get((line.file, line.record)), line


def test_the_broken_are_a_small_share_and_counted_by_reason(world: World) -> None:
    assert 0.0004 < len(world.broken) / len(world.lines) < 0.002
    totals = [world.totals["sources"][source]["broken"] for source in ("web", "backend", "jobs")]
    assert Counter(world.broken.values()) == sum(map(Counter, totals), Counter())


def test_events_are_counted_by_name(world: World) -> None:
    assert world.totals["events_by_name"] == Counter(event["event_name"] for event in world.events.values())


def test_broken_records_take_nothing_from_the_truth(world: World) -> None:
    ids = {(row["source"], row["event_id"]) for row in world.rows("events.ndjson.gz")}
    assert ids == set(world.events)
