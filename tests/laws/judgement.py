"""What must hold after any history: one build from nothing gives the same, so does the reference, and that is published."""

import json
import tempfile
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.refresh import ChecksFailed, InputNotBuilt
from tests.houses import OF_BATCHES
from tests.laws import (
    reference,
    reference_actions,
    reference_paths,
    reference_retention,
    reference_stages,
    reference_time,
)
from tests.laws.happenings import Definitions, Event
from tests.laws.histories import History, Step
from tests.laws.rig import Rig, Tables, digest
from tests.laws.sent import as_of

# they tell of batches, not of events
SPLIT_COLUMNS = ("batch", "ledger_position", "as_of", "lag_seconds")

# table: the columns that tell its rows apart, and those that the reference knows
COMPARED = {
    "people.identities": ("namespace id_kind id_value", "person_id user_count is_shared"),
    "journeys.events": ("source event_id", "person_id local_date"),
    "journeys.sessions": (
        "person_id source started_at",
        "ended_at started_date duration_us event_count entry_path exit_path",
    ),
    "metrics.daily": (
        "local_date source",
        "event_count person_count new_person_count session_count median_session_seconds",
    ),
}


def judge(history: History, publishes: bool = False) -> None:
    """Lives through a history in a data folder of its own. Errors: AssertionError with the rows that differ.

    publishes: after every refresh.
    """
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder) / "lived", Definitions(), publishes=publishes)
        events, tables = live(rig, history), rig.tables()
        last = rig.last_batch()
        assert_published_as_it_stands(rig)
        assert_nothing_new_changes_nothing(rig, tables)
        assert_equal_to_one_build(empty_like(rig, Path(folder)), events, tables)
        assert_equal_to_reference(rig.definitions, events, tables)
        assert_numbers_equal_reference(rig.definitions, events, as_of(last), tables)
        assert_numbers_say_when(last, tables)
        assert_a_rebuild_changes_nothing(rig, tables, OF_BATCHES)


def judge_some(history: History, names: Collection[str]) -> None:
    """The law alone, for a house of these tables and what they read: as one build from nothing. Errors: AssertionError."""
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder) / "lived", Definitions(), tables=names, publishes=True)
        events, tables = live(rig, history), rig.tables()
        assert_published_as_it_stands(rig)
        assert_equal_to_one_build(empty_like(rig, Path(folder)), events, tables)


def live(rig: Rig, history: History) -> list[Event]:
    """Takes every step, and refreshes. Returns the events, each once."""
    for batch, step in history:
        rig.ingest(batch)
        take(rig, step)
    rig.refresh()
    return list(dict.fromkeys(event for batch, _ in history for event in batch))


def empty_like(rig: Rig, folder: Path) -> Rig:
    """A house like it that has read nothing; its first batch is recorded when the other's last was."""
    return Rig(folder / "fresh", rig.definitions, threads=2, minute=rig.last_batch(), tables=rig.models)


def take(rig: Rig, step: Step) -> None:
    if step.kind in ("refresh", "delete", "edit"):
        rig.refresh()
    DEEDS[step.kind](rig, step)


def refresh_some(rig: Rig, step: Step) -> None:
    with suppress(InputNotBuilt, ChecksFailed):  # inputs that stand at two positions can contradict each other
        rig.refresh(step.tables)


def edit(rig: Rig, step: Step) -> None:
    rig.definitions = rig.definitions.edited(*step.edit)


DEEDS: dict[str, Callable[[Rig, Step], object]] = {
    "batch": lambda rig, step: None,
    "refresh": lambda rig, step: None,
    "some": refresh_some,
    "crash": lambda rig, step: rig.crash(step.after),
    "delete": lambda rig, step: rig.delete_warehouse(),
    "edit": edit,
    "compact": lambda rig, step: rig.compact(),
    "rebuild": lambda rig, step: rig.refresh(full=True),
    "again": lambda rig, step: rig.send_again(),
}


def assert_published_as_it_stands(rig: Rig) -> None:
    """However often a file was brought on by parts."""
    wrong = {name: rows for name, rows in rig.wrongly_published().items() if rows}
    assert not wrong, wrong


def assert_nothing_new_changes_nothing(rig: Rig, tables: Tables) -> None:
    assert {done.why for done in rig.refresh()} == {"nothing new"}
    assert digest(rig.tables()) == digest(tables)


def assert_equal_to_one_build(rig: Rig, events: list[Event], tables: Tables) -> None:
    """The same events as one batch, in another order, on other threads, recorded when the last one was."""
    rig.ingest(events[::-1])
    rig.refresh()
    fresh = rig.tables()
    for name in tables:
        if name not in OF_BATCHES:
            assert _without_split(name, tables) == _without_split(name, fresh), name


def assert_a_rebuild_changes_nothing(rig: Rig, tables: Tables, names: Collection[str]) -> None:
    """Built from nothing out of the same batches."""
    assert {done.why for done in rig.refresh(names, full=True)} == {"a full build was asked for"}
    fresh = rig.tables()
    for name in names:
        assert tables[name] == fresh[name], name


def _without_split(name: str, tables: Tables) -> list[str]:
    """Rows of a table without what depends on the split into batches: the number of an event is replaced by its id."""
    ids = {row["event_number"]: f"{row['source']} {row['event_id']}" for row in tables["journeys.events"]}
    kept = [
        {column: _named(column, value, ids) for column, value in row.items() if column not in SPLIT_COLUMNS}
        for row in tables[name]
    ]
    return sorted(map(repr, _reduced(kept) if name == "people.links" else kept))


def _named(column: str, value: Any, ids: dict[int, str]) -> Any:
    """Null for what no journey has: an event that is excluded."""
    if column.endswith("event_numbers"):
        return [ids.get(each) for each in value]
    return ids.get(value) if column.endswith("event_number") else value


def _reduced(links: list[dict]) -> list[dict]:
    """Links are kept by batch; what identity reads of them is the earliest."""
    earliest: dict[str, dict] = {}
    for link in sorted(links, key=lambda row: tuple(row["first"].values())):
        key = repr({column: link[column] for column in link if column != "first"})
        earliest.setdefault(key, link)
    return list(earliest.values())


def assert_equal_to_reference(definitions: Definitions, events: list[Event], tables: Tables) -> None:
    ids, dated, visits, days = (keyed(tables[name], *columns) for name, columns in COMPARED.items())
    assert ids == reference.identity_rows(events, definitions)
    assert dated == reference_time.dated_events(events, definitions)
    assert visits == reference_time.sessions(events, definitions)
    assert days == reference_time.daily(events, definitions)
    done = keyed(tables["journeys.rule_actions"], *reference_actions.COMPARED)
    assert done == reference_actions.actions(events, definitions)
    for name, (key, columns, expected) in reference_paths.COMPARED.items():
        assert keyed(tables[name], key, columns) == expected(events, definitions), name
    assert _persons(tables["people.persons"]) == reference_time.persons(events, definitions)


def assert_numbers_equal_reference(
    definitions: Definitions, events: list[Event], as_of: datetime, tables: Tables
) -> None:
    for name, (key, columns, expected) in (reference_stages.COMPARED | reference_retention.COMPARED).items():
        assert keyed(tables[name], key, columns) == expected(events, definitions, as_of), name


def _persons(rows: list[dict]) -> dict[str, tuple]:
    found = keyed(rows, "person_id", "first_seen_at last_seen_at first_seen_date event_count traits")
    return {
        key[0]: (*rest, json.loads(traits).get("plan") if traits else None) for key, (*rest, traits) in found.items()
    }


def keyed(rows: list[dict], key: str, columns: str) -> dict[tuple, tuple]:
    found = {tuple(row[name] for name in key.split()): tuple(row[name] for name in columns.split()) for row in rows}
    assert len(found) == len(rows), f"two rows of one {key}"
    return found


def assert_numbers_say_when(batch: int, tables: Tables) -> None:
    for row in tables["metrics.freshness"]:
        assert (row["ledger_position"], row["as_of"]) == (batch, as_of(batch))
