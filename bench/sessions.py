"""Our sessions against DuckDB's bare window query for the gap rule alone, over the same stored events, in turn.

The peer knows no cap, no ties, and none of the columns of a session: person, source, start, end and count is all it gives.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.cache import bench_settings, remove
from bench.figures import Figures, middle, seconds, spread
from bench.history import DAYS, history_folder
from bench.refresh import copied
from pipelines.refresh import refresh
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse, load_house, open_warehouse
from pipelines.work import refresh_tables

NAME = "journeys.sessions"

PEER = """
create or replace temp table bare_sessions as
select person_id, source, session, min(occurred_at) as started_at, max(occurred_at) as ended_at, count(*) as event_count
from (
    select person_id, source, occurred_at,
        sum(is_start) over (partition by person_id, source order by occurred_at rows unbounded preceding) as session
    from (
        select person_id, source, occurred_at,
            case when occurred_at - lag(occurred_at) over (partition by person_id, source order by occurred_at)
                <= interval 30 minutes then 0 else 1 end as is_start
        from warehouse.people.events where person_id is not null
    )
)
group by person_id, source, session"""


@dataclass(slots=True)
class Measured:
    events: int
    ours: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)


def measure(folder: Path, events: int, runs: int, say: Callable[[str], None], days: int = DAYS) -> Measured:
    found, data = Measured(events), folder / "work"
    copied(history_folder(folder, events, days), data)
    with open_warehouse(bench_settings(data), load_house(Settings())) as warehouse:
        refresh_tables(warehouse, lambda model: model.name != NAME and NAME not in behind(warehouse, model.name))
        for run in range(runs):
            started = time.perf_counter()
            refresh(warehouse, warehouse.models[NAME], full=True)
            found.ours.append(time.perf_counter() - started)
            found.peer.append(_peer(warehouse))
            say(f"sessions {run + 1}/{runs}: {found.ours[-1]:.2f} s; bare windows {found.peer[-1]:.2f} s")
    remove(data)
    return found


def behind(warehouse: Warehouse, name: str) -> set[str]:
    """All that a table is made of."""
    inputs = warehouse.models[name].inputs if name in warehouse.models else ()
    return set(inputs).union(*(behind(warehouse, each) for each in inputs))


def _peer(warehouse: Warehouse) -> float:
    started = time.perf_counter()
    warehouse.connection.execute(PEER)
    return time.perf_counter() - started


def figures(found: Measured) -> list[Figures]:
    ratios = [ours / peer for ours, peer in zip(found.ours, found.peer, strict=True)]
    table = Figures(
        f"Sessions of {found.events:,} events, medians of {len(ratios)}", ["", "time", "times the bare windows"]
    )
    table.rows.append(["bare windows of DuckDB, gap only", seconds(middle(found.peer)), "1"])
    table.rows.append(["journeys.sessions, stored and checked", seconds(middle(found.ours)), spread(ratios)])
    return [table]
