"""Our funnel against ClickHouse's windowFunnel, over the same stored events, in turn: 5 steps, a window of 7 days.

The peer's table is a MergeTree ordered by (person, time). It gives levels per person and nothing else: no attempts, no dates,
no moments, no events to drill down to. Both must find as many persons at each level, or the times mean nothing.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from assets.funnels.entries import question
from bench.cache import bench_settings, remove
from bench.figures import Figures, middle, seconds, spread
from bench.history import DAYS, history_folder
from bench.refresh import copied
from bench.sessions import behind
from pipelines.arrow import numbers
from pipelines.config import load_config
from pipelines.config.actions import action_of
from pipelines.config.funnels import Funnel, funnels_table
from pipelines.kernels.funnel_lists import deepest
from pipelines.kernels.funnels import attempts_in_order
from pipelines.kernels.order import starts_of
from pipelines.models import load_models
from pipelines.refresh import refresh
from pipelines.settings import Settings
from pipelines.warehouse import House, Warehouse, base_tables, open_warehouse
from pipelines.work import refresh_tables

NAME = "funnels.entries"
PARTS = 8
STEPS = {  # every event is of one step
    "viewed": ["page_viewed"],
    "clicked": ["button_clicked", "video_played"],
    "searched": ["search_performed", "invite_sent"],
    "opened": ["project_opened", "form_submitted"],
    "deployed": ["deployment_started", "deployment_completed"],
}
FUNNEL = Funnel.model_validate({"version": 1, "window": "7d", "steps": [{"action": name} for name in STEPS]})

OURS = """
select cast(hash(person_id) >> 1 as bigint) as person, occurred_at as "at", bits
from warehouse.funnels.events where rowid between ? and ?"""
WITHIN = 100_000  # rows, in which the next person is looked for
PERSONS = """
select hash(person_id) as person from warehouse.funnels.events where rowid between ? and ?"""
THEIRS = """
select level, count() from (
    select windowFunnel(604800000000, 'strict_once')("at", {steps}) as level from bench.events group by person
) group by level order by level"""


@dataclass(slots=True)
class Measured:
    """Seconds of each run. `persons`: at each level, from 0."""

    events: int
    levels: list[float] = field(default_factory=list)
    table: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    persons: list[int] = field(default_factory=list)


def measure(folder: Path, events: int, runs: int, say: Callable[[str], None], days: int = DAYS) -> Measured:
    found, data = Measured(events), folder / "work"
    copied(history_folder(folder, events, days), data)
    with open_warehouse(bench_settings(data), _house()) as warehouse, _peer(data) as clickhouse:
        refresh_tables(warehouse, lambda model: model.name in behind(warehouse, NAME))
        _hand_over(warehouse, clickhouse, data)
        for run in range(runs):
            _run(warehouse, clickhouse, found)
            say(
                f"funnels {run + 1}/{runs}: levels {found.levels[-1]:.2f} s, table {found.table[-1]:.2f} s; "
                f"windowFunnel {found.peer[-1]:.2f} s"
            )
    remove(data)
    return found


def _house() -> House:
    """The checkout's tables, with one funnel over all events."""
    config = load_config(Settings().config_folder)
    actions = {name: action_of({"version": 1, "event": {"name": events}}) for name, events in STEPS.items()}
    config = replace(config, actions=actions, funnels={"bench": FUNNEL})
    return House(config, load_models(Settings().home, base_tables(config)))


def _peer(data: Path) -> Any:
    """chdb's only session of the process; its tables lie in a folder beside the warehouse."""
    from chdb import session

    return session.Session(str(data / "clickhouse"))


def _hand_over(warehouse: Warehouse, clickhouse: Any, data: Path) -> None:
    path = data / "events.parquet"
    warehouse.connection.execute(f"""
        copy (
            select hash(person_id) as person, cast(epoch_us(occurred_at) as ubigint) as "at", action as event
            from warehouse.journeys.rule_actions
        ) to '{path}' (format parquet)""")
    clickhouse.query("create database bench")
    clickhouse.query("""
        create table bench.events (person UInt64, "at" UInt64, event LowCardinality(String))
        engine = MergeTree order by (person, "at")""")
    clickhouse.query(f"insert into bench.events select person, \"at\", event from file('{path}', Parquet)")
    clickhouse.query("optimize table bench.events final")


def _run(warehouse: Warehouse, clickhouse: Any, found: Measured) -> None:
    ours, taken = _timed(lambda: levels(warehouse))
    found.levels.append(taken)
    theirs, taken = _timed(lambda: _their_levels(clickhouse))
    found.peer.append(taken)
    found.table.append(_timed(lambda: refresh(warehouse, warehouse.models[NAME], full=True))[1])
    if not ours == theirs == _stored_levels(warehouse):
        raise RuntimeError(f"levels differ, so the times mean nothing: {ours} here, {theirs} there")
    found.persons = ours


def _timed(what: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    found = what()
    return found, time.perf_counter() - started


def levels(warehouse: Warehouse) -> list[int]:
    """How many persons get to each step at most, from the table on disk: parts of it side by side, a thread a core."""
    connection = warehouse.connection
    connection.execute("set preserve_insertion_order = true")
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = list(threads.map(lambda part: _levels_of(connection.cursor(), *part), _parts(connection)))
    connection.execute("set preserve_insertion_order = false")
    persons = np.concatenate([persons for persons, _ in found])
    if len(np.unique(persons)) != len(persons):
        raise RuntimeError("funnels.events was built whole, and a person's rows do not lie together")
    return np.sum([counts for _, counts in found], axis=0).tolist()


def _parts(connection: Any) -> list[tuple[int, int]]:
    """(first row, last row) of about as many rows each, of whole persons."""
    count = connection.execute("select count(*) from warehouse.funnels.events").fetchall()[0][0]
    wanted = [count * part // PARTS for part in range(1, PARTS)]
    found = {bound for row in wanted for bound in _next_person(connection, row)}
    return [(first, end - 1) for first, end in pairwise([0, *sorted(found), count])]


def _next_person(connection: Any, row: int) -> list[int]:
    """The first row of the person after that of a row; none where theirs go on for long."""
    persons = connection.execute(PERSONS, [row, row + WITHIN]).to_arrow_table()["person"].to_numpy()
    return [row + int(place) for place in np.flatnonzero(persons != persons[0])[:1]]


def _levels_of(connection: Any, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """(the persons of a part, how many of them get to each level)"""
    columns = connection.execute(OURS, [first, last]).to_arrow_table()
    person, at, bits = (numbers(columns[name]) for name in ("person", "at", "bits"))
    starts = starts_of(person, at)
    answer = attempts_in_order(_question(), starts, at, bits, at // 86_400_000_000)
    depths = np.append(deepest(answer.reached, [True] * len(STEPS)), 0)
    own = np.searchsorted(answer.entry, starts)  # attempts come by person
    levels_of = np.where(own[:-1] < own[1:], np.maximum.reduceat(depths, own[:-1]), 0)
    return person[starts[:-1]], np.bincount(levels_of, minlength=len(STEPS) + 1)


def _question() -> Any:
    return question(funnels_table({"bench": FUNNEL}).to_pylist()[0])


def _their_levels(clickhouse: Any) -> list[int]:
    steps = ", ".join(f"event = '{name}'" for name in STEPS)
    found = str(clickhouse.query(THEIRS.format(steps=steps)))
    counts = {int(level): int(count) for level, count in (line.split(",") for line in found.split())}
    return [counts.get(level, 0) for level in range(len(STEPS) + 1)]


def _stored_levels(warehouse: Warehouse) -> list[int]:
    rows = warehouse.connection.execute("""
        select coalesce(deepest, 0), count(*)
        from (select distinct person_id from warehouse.funnels.events)
        left join (
            select person_id, max(deepest_step) as deepest from warehouse.funnels.entries group by person_id
        ) using (person_id)
        group by all""").fetchall()
    return [dict(rows).get(level, 0) for level in range(len(STEPS) + 1)]


def figures(found: Measured) -> list[Figures]:
    title = f"A funnel of 5 steps over {found.events:,} events, medians of {len(found.peer)}"
    table = Figures(title, ["", "time", "times ClickHouse"])
    table.rows.append(["windowFunnel of ClickHouse, levels", seconds(middle(found.peer)), "1"])
    for what, times in (
        ("levels from funnels.events", found.levels),
        ("all attempts, stored in funnels.entries", found.table),
    ):
        ratios = [ours / peer for ours, peer in zip(times, found.peer, strict=True)]
        table.rows.append([what, seconds(middle(times)), spread(ratios)])
    return [table]
