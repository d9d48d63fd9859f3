"""Names, order and bytes of the files."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from simulator import batches
from tests.simulator.world import World, moment


def test_batches_are_days_then_hours_of_the_last_fortnight(world: World) -> None:
    found = batches(world.into)
    times = [as_of for as_of, _ in found]
    assert times == sorted(set(times))
    hourly = [as_of for as_of, paths in found if "T" in paths[0].name]
    assert hourly[0] > datetime(2026, 10, 15, tzinfo=UTC) >= max(set(times) - set(hourly))
    assert hourly[-1] == datetime(2026, 10, 28, 23, tzinfo=UTC)  # midnight in Berlin, in winter time
    assert len(hourly) > 13 * 24


def test_a_batch_holds_all_sources_of_its_time(world: World) -> None:
    for _, paths in batches(world.into):
        assert len({path.name for path in paths}) == 1
        assert len({path.parent.name for path in paths}) == len(paths)
    assert any(len(paths) == 3 for _, paths in batches(world.into))


def test_records_stand_in_the_file_of_their_received_hour_in_received_order(world: World) -> None:
    as_ofs = {path.relative_to(world.into).as_posix(): at for at, paths in batches(world.into) for path in paths}
    last: dict[str, datetime] = {}
    whole = (line for line in world.lines if (line.file, line.record) not in world.broken)
    for line, (_, record) in zip(whole, world.records, strict=True):
        received_at, as_of = moment(record["received_at"]), as_ofs[line.file]
        span = timedelta(hours=1) if "T" in line.file else timedelta(days=1)
        assert as_of - span <= received_at < as_of
        assert last.get(line.file, received_at) <= received_at
        last[line.file] = received_at


def test_the_files_are_gzip_without_time_or_name(world: World) -> None:
    for path in world.into.rglob("*.gz"):
        head = path.read_bytes()[:8]
        assert head == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"
    assert not list(world.into.rglob("*.tmp"))


def test_files_of_others_are_no_batches(tmp_path: Path) -> None:
    for name in (
        "web/notes.ndjson.gz",
        "web/2026-11-01.ndjson",
        "shop/2026-11-01.ndjson.gz",
        "web/2026-11-01.ndjson.gz",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    expected = [(datetime(2026, 11, 2, tzinfo=UTC), [tmp_path / "web/2026-11-01.ndjson.gz"])]
    assert batches(tmp_path) == expected
