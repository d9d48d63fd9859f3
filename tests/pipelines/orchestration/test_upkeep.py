"""What happens to the lake at night, as Dagster runs it."""

from tests.dagster_house import record


def test_a_sound_lake_passes_and_a_flipped_bit_fails(dagster_house):
    dagster_house.drop("a.ndjson", record("e1", "1"))
    dagster_house.tick()
    assert dagster_house.run("scrub").success
    (path,) = (dagster_house.folder / "data" / "lake").rglob("*.parquet")
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert not dagster_house.run("scrub").success


def test_a_closed_day_is_compacted(dagster_house):
    for number, day in enumerate((2, 2, 9), 1):
        dagster_house.drop(f"{number}.ndjson", record(f"e{number}", "1", f"2026-03-{day:02}T10:00:00Z"))
        dagster_house.tick()
    assert dagster_house.run("compact").success
    with dagster_house.open() as warehouse:
        segments = warehouse.ledger.segments("events", 0, warehouse.position)
    assert [(str(each.received_date), each.rows) for each in segments] == [("2026-03-02", 2), ("2026-03-09", 1)]
