"""The log's assets in runs: what is new in the inbox, and received days read again."""

import dagster as dg
import pytest

from pipelines.definitions import defs
from pipelines.work import new_tasks, read, refresh_tables
from tests.dagster_house import DAY, record
from tests.houses import tables_of

NEXT_DAY = "2026-03-03"


def materialize(house, asset, partition=None, config=None, tags=None):
    """One asset in a run of its own."""
    job = defs.resolve_implicit_global_asset_job_def()
    run_config = {"ops": {asset.replace("/", "_"): {"config": config}}} if config else None
    return job.execute_in_process(
        run_config,
        instance=house.instance,
        partition_key=partition,
        asset_selection=[dg.AssetKey(asset.split("/"))],
        tags=tags,
        raise_on_error=False,
    )


@pytest.fixture
def house(dagster_house):
    """Two received days, each a file and a batch, that the command line read."""
    dagster_house.drop("a.ndjson", record("e1", "1"), record("e2", "2"))
    read_new(dagster_house)
    dagster_house.drop("b.ndjson", record("e3", "1", f"{NEXT_DAY}T10:00:00Z"))
    read_new(dagster_house)
    return dagster_house


def read_new(house):
    with house.open() as warehouse:
        read(warehouse, new_tasks(warehouse))


def test_a_run_says_where_the_records_went(dagster_house):
    dagster_house.drop(
        "a.ndjson", record("e1", "1"), record("e2", "2"), record("e1", "1"), record("e3", "3") | {"event_name": 7}
    )
    assert materialize(dagster_house, "lake/batches").success
    metadata = dagster_house.materializations("lake/batches")[0].metadata
    counts = {name: metadata[name].value for name in ("records_in", "accepted", "duplicate_same", "quarantined")}
    assert counts == {"records_in": 4, "accepted": 2, "duplicate_same": 1, "quarantined": 1}
    assert metadata["refused_files"].value == "none"


def test_a_run_reports_the_days_that_it_brought_and_those_that_the_command_line_read(house):
    house.drop("c.ndjson", record("e4", "1", f"{NEXT_DAY}T11:00:00Z"))
    assert materialize(house, "lake/batches").success
    assert house.days() == {DAY, NEXT_DAY}
    newest = house.materializations("lake/events")[0]
    assert (newest.partition, newest.metadata["dagster/partition_row_count"].value) == (NEXT_DAY, 2)


def test_a_day_before_the_first_partition_is_no_partition(dagster_house):
    dagster_house.drop("a.ndjson", record("e1", "1", "2001-01-01T10:00:00Z"))
    assert materialize(dagster_house, "lake/batches").success
    assert dagster_house.days() == set()
    assert dagster_house.materializations("lake/batches")[0].metadata["accepted"].value == 1


def test_a_received_day_read_again_changes_nothing(house):
    before = tables(house)
    assert materialize(house, "lake/events", DAY).success
    metadata = house.materializations("lake/events")[0].metadata
    assert (metadata["accepted"].value, metadata["duplicate_same"].value) == (0, 2)
    assert metadata["dagster/partition_row_count"].value == 2
    assert tables(house) == before


def tables(house):
    with house.open() as warehouse:
        refresh_tables(warehouse)
        found = tables_of(warehouse)
    del found["metrics.freshness"]  # the lag of a source grows with every batch
    return found


def test_a_range_of_days_is_one_run_and_one_batch(house):
    ends = {"dagster/asset_partition_range_start": DAY, "dagster/asset_partition_range_end": NEXT_DAY}
    assert materialize(house, "lake/events", tags=ends).success
    newest = house.materializations("lake/events")[:2]
    assert {each.partition for each in newest} == {DAY, NEXT_DAY}
    assert {each.metadata["duplicate_same"].value for each in newest} == {3}


def test_a_day_without_events_reads_nothing(house):
    assert materialize(house, "lake/events", "2026-03-09").success
    assert house.materializations("lake/events")[0].metadata["batch"].value == 0


def test_a_file_that_is_gone_is_said(house):
    (house.folder / "inbox/web/a.ndjson").unlink()
    done = materialize(house, "lake/events", DAY)
    logged = [each.user_message for each in house.instance.all_logs(done.run_id)]
    assert any("a.ndjson is gone" in message for message in logged)
    assert done.success


@pytest.mark.parametrize("asset, partition", [("lake/batches", None), ("lake/events", DAY)])
def test_one_source_can_be_asked_for(house, asset, partition):
    house.drop("c.ndjson", record("e9", "1"))
    assert materialize(house, asset, partition, {"source": "backend"}).success
    assert house.materializations(asset)[0].metadata["files"].value == 0


def test_a_source_that_is_not_configured_is_refused_before_anything_starts(house):
    with pytest.raises(dg.DagsterInvalidConfigError, match="wbe"):
        materialize(house, "lake/batches", config={"source": "wbe"})
