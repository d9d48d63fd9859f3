"""Building all tables from nothing against refreshing them after one more day, 1 % of the events, all on time."""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.cache import bench_settings, remove
from bench.figures import Figures, middle, seconds, spread
from bench.history import DAYS, add_days, history_folder
from bench.machine import forget_peak, peak_bytes
from pipelines.refresh import Refreshed
from pipelines.settings import Settings
from pipelines.warehouse import House, load_house, open_warehouse
from pipelines.work import refresh_tables

BESIDE = "(between, closing)"
TOUCHED = """
with touched as (select distinct person_id from warehouse.people.events where event_number >> 32 = {batch})
select (select count(*) from touched) / count(distinct person_id),
    count(*) filter (where person_id in (select person_id from touched)) / count(*)
from warehouse.people.events where person_id is not null"""


@dataclass(slots=True)
class Run:
    """Seconds of one round, table by table: all of it, the part that one day touched, nothing."""

    full: dict[str, float]
    part: dict[str, float]
    nothing: dict[str, float]
    why: dict[str, str]  # how the part was done
    peak_bytes: int  # of the process, while it built all

    @property
    def ratio(self) -> float:
        return sum(self.part.values()) / sum(self.full.values())


@dataclass(slots=True)
class Measured:
    """`persons`, `owned`: share of the persons that the day touches, and of the events that are theirs, 0 to 1."""

    events: int
    days: int
    runs: list[Run] = field(default_factory=list)
    persons: float = 0.0
    owned: float = 0.0


def measure(folder: Path, events: int, runs: int, say: Callable[[str], None], days: int = DAYS) -> Measured:
    history, house = history_folder(folder, events, days), load_house(Settings())
    found = Measured(events, days)
    for number in range(runs):
        found.runs.append(_run(folder / "work", history, house, found))
        run = found.runs[-1]
        say(f"refresh {number + 1}/{runs}: {sum(run.part.values()):.2f} s, in full {sum(run.full.values()):.2f} s")
    remove(folder / "work")
    return found


def copied(history: Path, data: Path) -> None:
    remove(data)
    shutil.copytree(history, data, copy_function=_link)


def _run(data: Path, history: Path, house: House, found: Measured) -> Run:
    copied(history, data)
    forget_peak()
    full, _ = _refresh(data, house)
    peak = peak_bytes()
    add_days(data, found.events, found.days, [found.days])
    part, why = _refresh(data, house)
    nothing, _ = _refresh(data, house)
    with open_warehouse(bench_settings(data), house) as warehouse:
        found.persons, found.owned = warehouse.connection.execute(TOUCHED.format(batch=found.days + 1)).fetchall()[0]
    return Run(full, part, nothing, why, peak)


def _link(source: str, target: str) -> None:
    """Segments are never written to again; the ledger is."""
    (os.link if source.endswith(".parquet") else shutil.copyfile)(source, target)


def _refresh(data: Path, house: House) -> tuple[dict[str, float], dict[str, str]]:
    """Table -> seconds, and why. What lies between the tables counts too, and that closing writes the warehouse's file."""
    started = time.perf_counter()
    with open_warehouse(bench_settings(data), house) as warehouse:
        done = refresh_tables(warehouse)
    taken = {each.model.name: each.seconds for each in done}
    taken[BESIDE] = time.perf_counter() - started - sum(taken.values())
    return taken, {each.model.name: _how(each) for each in done}


def _how(done: Refreshed) -> str:
    return "view" if done.model.header.view else done.why


def figures(found: Measured) -> list[Figures]:
    title = f"All tables on {found.events:,} events, and after one more day, medians of {len(found.runs)}"
    table = Figures(title, ["table", "in full", "one day more", "nothing new", "how the day came in"])
    for name in found.runs[0].full:
        times = [_middle(found.runs, kind, name) for kind in ("full", "part", "nothing")]
        table.rows.append([name, *map(seconds, times), found.runs[0].why.get(name, "")])
    sums = [middle([sum(getattr(run, kind).values()) for run in found.runs]) for kind in ("full", "part", "nothing")]
    ratio = f"{spread([run.ratio for run in found.runs])} of in full"
    table.rows.append(["all", *map(seconds, sums), ratio])
    table.rows.append(
        [f"at most {max(run.peak_bytes for run in found.runs) / (1 << 30):.1f} GiB of memory", "", "", "", ""]
    )
    share = f"the day touches {found.persons:.0%} of the persons, who own {found.owned:.0%} of the events"
    table.rows.append([share, "", "", "", ""])
    return [table]


def _middle(runs: list[Run], kind: str, name: str) -> float:
    return middle([getattr(run, kind)[name] for run in runs])
