"""Our funnel against ClickHouse's windowFunnel, over the same stored events, in turn: 5 steps, a window of 7 days.

The peer's table is a MergeTree ordered by (person, time). It gives levels per person and nothing else: no attempts, no dates,
no moments, no events to drill down to. Both must find as many persons at each level, or the times mean nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from assets.funnels.entries import question
from bench.cache import bench_settings, remove
from bench.figures import Figures, middle, seconds, spread
from bench.history import DAYS, history_folder
from bench.refresh import copied
from bench.sessions import behind
from pipelines.arrow import in_stored_order
from pipelines.config import load_config
from pipelines.config.actions import action_of
from pipelines.config.funnels import Funnel, funnels_table
from pipelines.kernels.funnels import NONE, attempts
from pipelines.kernels.order import Order
from pipelines.models import load_models
from pipelines.refresh import refresh
from pipelines.settings import Settings
from pipelines.warehouse import House, Warehouse, base_tables, open_warehouse
from pipelines.work import refresh_tables

NAME = "funnels.entries"
STEPS = {  # every event is of one step
    "viewed": ["page_viewed"],
    "clicked": ["button_clicked", "video_played"],
    "searched": ["search_performed", "invite_sent"],
    "opened": ["project_opened", "form_submitted"],
    "deployed": ["deployment_started", "deployment_completed"],
}
FUNNEL = Funnel.model_validate({"version": 1, "window": "7d", "steps": [{"action": name} for name in STEPS]})

OURS = """
select hash(person_id) as person, epoch_us(occurred_at) as "at", bits from warehouse.funnels.events"""
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
    """How many persons get to each step at most, from the table on disk."""
    columns = in_stored_order(warehouse.connection, OURS)
    person, at, bits = (columns[name].to_numpy().view(np.int64) for name in ("person", "at", "bits"))
    is_new = np.flatnonzero(np.append(True, person[1:] != person[:-1]))
    if len(np.unique(person[is_new])) != len(is_new):
        raise RuntimeError("funnels.events was built whole, and a person's rows do not lie together")
    groups = np.repeat(np.arange(len(is_new)), np.diff(is_new, append=len(person)))
    answer = attempts(_question(), Order(groups, at, len(is_new)), at, bits, at // 86_400_000_000)
    deepest = np.zeros(len(is_new), np.int64)
    np.maximum.at(deepest, groups[answer.entry], np.count_nonzero(answer.reached != NONE, axis=1))
    return np.bincount(deepest, minlength=len(STEPS) + 1).tolist()


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
