"""The database of projects: sound rows, a few that cannot be, and the truth of which they are."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path

from simulator import simulate
from tests.simulator.world import World

# by the table in simulator/projects.py: what must be null (0) and what must not (1), where either is sure
SOUND = {
    "created": {"started_at": 0, "stopped_at": 0, "deleted_at": 0, "live_deployment_id": 0},
    "running": {"started_at": 1, "stopped_at": 0, "deleted_at": 0, "live_deployment_id": 1},
    "stopped": {"started_at": 1, "stopped_at": 1, "deleted_at": 0, "live_deployment_id": 0},
    "deleted": {"deleted_at": 1, "live_deployment_id": 0},
}
WRONG = {
    "running_without_start": ("running", "started_at"),
    "stopped_but_live": ("stopped", "live_deployment_id"),
    "deleted_but_live": ("deleted", "live_deployment_id"),
}


def _stored(folder: Path) -> list[dict]:
    with closing(sqlite3.connect(folder / "projects.sqlite")) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("select * from projects order by project_id")]


def _wrong(row: dict) -> list[tuple[str, str]]:
    """(state, column) of everything that cannot be."""
    return [(row["state"], name) for name, wanted in SOUND[row["state"]].items() if (row[name] is not None) != wanted]


def _as_of(folder: Path, at: str | None) -> list[dict]:
    """The rows that the log of versions says stood at a moment; None: at its end."""
    stood = "valid_from <= :at and (valid_until is null or valid_until > :at)" if at else "valid_until is null"
    with closing(sqlite3.connect(folder / "projects.sqlite")) as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute(f"select * from project_versions where {stood} order by project_id", {"at": at})
        return [{name: value for name, value in dict(row).items() if not name.startswith("valid")} for row in found]


def test_the_log_ends_with_the_rows_as_they_were_before_they_became_wrong(world: World) -> None:
    stored, last = _stored(world.truth.parent), _as_of(world.truth.parent, None)
    assert [row["project_id"] for row in last] == [row["project_id"] for row in stored]
    assert [row for row, now in zip(last, stored, strict=True) if row == now] == [
        row for row in stored if not _wrong(row)
    ]
    assert not any(map(_wrong, last))


def test_a_project_has_one_version_at_any_time_and_a_few_were_wrong_for_hours(world: World) -> None:
    with closing(sqlite3.connect(world.truth.parent / "projects.sqlite")) as connection:
        rows = connection.execute("""select project_id, valid_from, valid_until,
            lead(valid_from) over (partition by project_id order by valid_from) as next from project_versions""").fetchall()
        moments = [row[1] for row in rows]
    assert all(until == after and (until is None or since < until) for _, since, until, after in rows)
    wrong = {at: [found for row in _as_of(world.truth.parent, at) for found in _wrong(row)] for at in moments}
    assert {found for each in wrong.values() for found in each} == set(WRONG.values())
    assert max(map(len, wrong.values())) <= 2 * len(WRONG)


def test_just_the_rows_that_the_truth_names_cannot_be(world: World) -> None:
    reasons = {row["project_id"]: row["impossible"] for row in world.rows("projects.ndjson")}
    for row in _stored(world.truth.parent):
        reason = reasons.pop(row["project_id"])
        assert _wrong(row) == ([WRONG[reason]] if reason else [])
    assert not reasons


def test_every_kind_is_there_and_counted(world: World) -> None:
    rows, counts = world.rows("projects.ndjson"), world.totals["projects"]
    impossible = Counter(row["impossible"] for row in rows if row["impossible"])
    assert counts.pop("impossible") == impossible and impossible.keys() == WRONG.keys()
    assert counts == Counter(row["state"] for row in rows) and counts.keys() == SOUND.keys()
    assert impossible.total() < len(rows) / 20


def test_the_stored_rows_are_those_of_the_truth(world: World) -> None:
    told = {row["project_id"]: row for row in world.rows("projects.ndjson")}
    for row in _stored(world.truth.parent):
        as_told = {k: v.replace(" ", "T") + "Z" if v and k.endswith("_at") else v for k, v in row.items()}
        assert as_told | {"impossible": told[row["project_id"]]["impossible"]} == told[row["project_id"]]


def test_a_second_simulation_puts_the_same_rows_in_place_of_changed_ones(tmp_path: Path) -> None:
    simulate(2, 30, 1, date(2026, 3, 31), tmp_path / "inbox")
    first = _stored(tmp_path)
    with closing(sqlite3.connect(tmp_path / "projects.sqlite")) as connection, connection:
        connection.execute("update projects set state = 'gone'")
    simulate(2, 30, 1, date(2026, 3, 31), tmp_path / "inbox")
    assert first and _stored(tmp_path) == first
