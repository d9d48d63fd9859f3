"""Late, twice, skewed: what happens on the way, and that the true time survives it."""

from collections import Counter
from datetime import timedelta

from tests.simulator.world import World, corrected, late_by, moment

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_the_corrected_time_is_the_true_one_for_every_copy(world: World) -> None:
    truth = {(row["source"], row["event_id"]): moment(row["occurred_at"]) for row in world.rows("events.ndjson.gz")}
    for source, record in world.records:
        assert corrected(record) == truth[source, record["event_id"]]


def test_most_arrive_at_once_some_hours_and_some_days_late(world: World) -> None:
    late = [late_by(event) for event in world.events.values()]
    assert min(late) > timedelta(0)
    assert sum(each < timedelta(seconds=10) for each in late) > 0.95 * len(late)
    assert 0.01 < sum(HOUR < each < DAY for each in late) / len(late) < 0.05
    assert 0.0005 < sum(each > DAY for each in late) / len(late) < 0.01


def test_both_sources_are_late_and_repeat_themselves(world: World) -> None:
    late = Counter(source for (source, _), event in world.events.items() if late_by(event) > HOUR)
    copies = Counter((source, record["event_id"]) for source, record in world.records)
    twice = Counter(source for (source, _), count in copies.items() if count == 2)
    assert min(late["web"], late["backend"], twice["web"], twice["backend"]) > 10


def test_some_duplicates_arrive_in_a_later_file(world: World) -> None:
    files: dict[tuple[str, str], set[str]] = {}
    whole = (line for line in world.lines if (line.file, line.record) not in world.broken)
    for line, (source, record) in zip(whole, world.records, strict=True):
        files.setdefault((source, record["event_id"]), set()).add(line.file)
    assert any(len(names) == 2 for names in files.values())


def test_some_browsers_have_a_wrong_clock_and_the_servers_never(world: World) -> None:
    errors = [
        moment(each["sent_at"]) - moment(each["received_at"]) for source, each in world.records if source == "web"
    ]
    assert any(error > HOUR for error in errors) and any(error < -HOUR for error in errors)
    assert all(abs(error) < DAY for error in errors)
    assert all("sent_at" not in record for source, record in world.records if source != "web")


def test_timestamps_have_three_or_six_digits_and_a_few_another_offset(world: World) -> None:
    shapes = Counter((source, len(each["timestamp"]), each["timestamp"][-1]) for source, each in world.records)
    assert set(shapes) == {("backend", 27, "Z"), ("jobs", 27, "Z"), ("web", 24, "Z"), ("web", 29, "0")}
    assert shapes["web", 29, "0"] < 0.2 * shapes["web", 24, "Z"]


def test_nothing_is_received_after_the_last_day(world: World) -> None:
    last = max(moment(record["received_at"]) for _, record in world.records)
    assert last < moment(world.totals["ends_at"]) == moment("2026-10-29T00:00:00+01:00")
    assert world.totals["undelivered"] > 0
