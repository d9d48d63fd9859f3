"""The deeds that every edge shares: look for files, read them, refresh, publish."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipelines import work
from pipelines.config.yaml_lines import ConfigError
from pipelines.published import ask, is_up_to_date
from pipelines.warehouse import House, Warehouse, open_warehouse
from tests.faults.catalogue import line
from tests.faults.place import AS_OF, Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    for name, number, source in (("b.ndjson", 1, "web"), ("a.ndjson", 2, "web"), ("c.ndjson", 3, "backend")):
        made.put(name, line(event_id=f"e-{number}"), source)
    return made


@pytest.fixture
def warehouse(place, house):
    with open_warehouse(place.settings, house, wait_seconds=0) as opened:
        yield opened


def read_all(warehouse: Warehouse) -> None:
    work.read(warehouse, work.new_tasks(warehouse, settled=False), as_of=AS_OF)


def test_new_tasks_of_all_sources_or_of_one(warehouse):
    assert [task.source.name for task in work.new_tasks(warehouse, settled=False)] == ["backend", "web", "web"]
    assert [task.path.name for task in work.new_tasks(warehouse, "web", settled=False)] == ["a.ndjson", "b.ndjson"]
    assert work.new_tasks(warehouse, "shop") == []
    with pytest.raises(KeyError):
        work.new_tasks(warehouse, "no_such_source")


def test_tasks_of_named_files(warehouse, place, tmp_path):
    (tmp_path / "stray.ndjson").write_bytes(line())
    inside = place.settings.inbox_root / "inbox/web/b.ndjson"
    assert [task.path for task in work.tasks_of(warehouse, [tmp_path / "stray.ndjson", inside])] == [inside]
    read_all(warehouse)
    (known,) = work.tasks_of(warehouse, [inside])
    assert known.known is not None and work.read(warehouse, [known]).counts.records_in == 0


def without(house: House, name: str, **changes) -> House:
    """The house as if somebody had taken a source out of config/sources.yaml, or changed it there."""
    sources = {each: source for each, source in house.config.sources.items() if each != name}
    if changes:
        sources[name] = house.config.sources[name].model_copy(update=changes)
    return replace(house, config=replace(house.config, sources=sources))


def test_a_source_whose_events_are_there_cannot_be_taken_out(place, house):
    with open_warehouse(place.settings, without(house, "backend"), wait_seconds=0) as opened:
        read_all(opened)  # it brought nothing yet: nothing is lost
    with open_warehouse(place.settings, house, wait_seconds=0) as opened:
        read_all(opened)
    said = r"sources\.yaml:1: the lake holds events of backend, .*`retired: true`"
    with pytest.raises(ConfigError, match=said), open_warehouse(place.settings, without(house, "backend"), 0):
        pass


def test_a_retired_source_keeps_its_events_and_reads_no_more(place, house):
    with open_warehouse(place.settings, house, wait_seconds=0) as opened:
        read_all(opened)
    place.put("d.ndjson", line(event_id="e-4"), "backend")
    with open_warehouse(place.settings, without(house, "backend", retired=True), wait_seconds=0) as opened:
        assert work.new_tasks(opened, settled=False) == []
        work.run_all(opened)
    counted = "select source, event_count from metrics.freshness order by source"
    assert ask(place.settings.published_folder, counted)[1] == [("backend", 1), ("web", 2)]


def test_after_reading_the_warehouse_knows_the_position(warehouse):
    assert warehouse.position == 0
    read_all(warehouse)
    assert warehouse.position == 1


def test_a_day_is_read_again_from_its_files(warehouse, place):
    read_all(warehouse)
    tasks, gone = work.tasks_of_days(warehouse, [date(2026, 3, 1)])
    assert [task.name for task in tasks] == ["inbox/backend/c.ndjson", "inbox/web/a.ndjson", "inbox/web/b.ndjson"]
    assert not gone and all(task.is_forced for task in tasks)
    counts = work.read(warehouse, tasks, kind="reingest").counts
    assert (counts.records_in, counts.duplicate_same) == (3, 3)
    assert warehouse.ledger.totals() == [("backend", 1, 1, 0, 0, 0, 0), ("web", 2, 2, 0, 0, 0, 0)]


def test_a_day_whose_files_are_gone_says_so(warehouse, place):
    read_all(warehouse)
    removed = place.settings.inbox_root / "inbox/web/a.ndjson"
    removed.unlink()
    tasks, gone = work.tasks_of_days(warehouse, [date(2026, 3, 1)], "web")
    assert ([task.path.name for task in tasks], gone) == (["b.ndjson"], [removed])


def test_run_all_refreshes_and_publishes(warehouse, place, house):
    read_all(warehouse)
    done = work.run_all(warehouse)
    assert [each.model.name for each in done] == list(house.models)
    assert is_up_to_date(place.settings, house)
    assert ask(place.settings.published_folder, "select sum(event_count) from metrics.freshness")[1] == [(3,)]
    again = work.run_all(warehouse)
    assert not any(each.changed for each in again if each.model.header.by), "running it again changes nothing"


def test_what_follows_at_once_leaves_the_costly_tables(warehouse):
    read_all(warehouse)
    seen = []
    assert work.follow(warehouse, seen.append) == {}
    names = {each.model.name for each in seen}
    assert "journeys.events" in names and "metrics.daily" not in names
