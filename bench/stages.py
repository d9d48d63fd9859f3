"""Building stages.periods and the numbers that are reduced from it, over persons drawn straight into the tables it reads."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb

from bench.figures import Figures, middle, seconds
from pipelines.models import create_from_arrow
from pipelines.settings import Settings
from pipelines.warehouse import load_house

NAMES = ("stages.periods", "stages.current", "metrics.stages", "metrics.stage_moves")
DAYS = 180

# Everybody arrives on some day and visits on as many later ones as they are keen; of two in five, two visits in three end in
# a run of code. Drawn by hash, so that the same persons are drawn again.
DRAW = """
create schema if not exists journeys; create schema if not exists people; create schema if not exists raw;
create table raw.batches as
select cast(1 as bigint) as batch, timestamptz '2026-06-30 12:00:00+00' as as_of;
create temp table visits as
select person_id, is_first, is_doer, timestamptz '2026-01-01 00:00:00+00' + to_minutes(day * 1440 + drawn % 1440) as visited_at
from (
    select 'app/user/' || person as person_id, day, day = first_day as is_first, hash(person, 1) % 5 < 2 as is_doer,
        cast(hash(person, day) % 1000000 as bigint) as drawn, pow(hash(person, 2) % 1000 / 1000, 3) / 2 as keenness,
    from (select range as person, cast(hash(range) % {days} as bigint) as first_day from range({persons}))
    cross join (select range as day from range({days}))
    where day >= first_day
)
where is_first or drawn / 1000000 < keenness;
create table people.arrivals as
select person_id, 'all' as source, visited_at as first_seen_at from visits where is_first;
create table journeys.action_days as
select person_id, action, cast(visited_at as date) as local_date, visited_at as first_at, visited_at as last_at
from visits
cross join (select unnest(['visited', 'signed_up', 'code_run', 'deployment']) as action)
where action = 'visited' or (action = 'signed_up' and is_first)
    or (action in ('code_run', 'deployment') and is_doer and hash(visited_at, action) % 3 < 2)"""


@dataclass(slots=True)
class Measured:
    persons: int
    rows: int = 0
    taken: dict[str, list[float]] = field(default_factory=dict)  # table -> seconds of each run


def measure(runs: int, say: Callable[[str], None], persons: int = 100_000) -> Measured:
    house, found = load_house(Settings()), Measured(persons)
    with duckdb.connect() as connection:
        connection.execute(f"set TimeZone = 'UTC'; set threads = {Settings().threads}")
        for name in ("config.house", "config.stages"):
            create_from_arrow(connection, name, house.config.tables()[name])
        connection.execute(DRAW.format(persons=persons, days=DAYS))
        found.rows = connection.execute("select count(*) from journeys.action_days").fetchall()[0][0]
        for run in range(runs):
            for name in NAMES:
                found.taken.setdefault(name, []).append(_build(connection, name, house.models[name].text))
            say(f"stages {run + 1}/{runs}: {found.taken[NAMES[0]][-1]:.2f} s")
    return found


def _build(connection: duckdb.DuckDBPyConnection, name: str, text: str) -> float:
    started = time.perf_counter()
    connection.execute(f"create schema if not exists {name.split('.')[0]}; create or replace table {name} as {text}")
    return time.perf_counter() - started


def figures(found: Measured) -> list[Figures]:
    runs = len(found.taken[NAMES[0]])
    title = (
        f"Stages of {found.persons:,} persons over {DAYS} days, {found.rows:,} dates with an action, medians of {runs}"
    )
    table = Figures(title, ["table", "built whole in"])
    table.rows += [[name, seconds(middle(taken))] for name, taken in found.taken.items()]
    return [table]
