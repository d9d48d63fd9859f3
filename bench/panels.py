"""How long each query of the dashboards takes, of the files as the plugin opens them and of PostgreSQL."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from pydantic import SecretStr

from assets.dashboards.boards import boards_of
from bench.figures import Figures, middle
from pipelines.config import House as HouseWords
from pipelines.grafana.asking import asked, chosen
from pipelines.grafana.engines import DUCKDB, POSTGRES, Engine
from pipelines.grafana.macros import Range
from pipelines.published import CATALOG
from pipelines.published.server import Session, connected

TIMES = 3  # each is asked; the middle counts
SLOWEST = 8
DAYS = {"a day": 1, "a week": 7, "90 days": 90, "all time": 10_000}
PERSON = """  -- of a hundred the one with most entries
with persons as (select person_id, count(*) as entries from journeys.timeline group by person_id)
select person_id from persons
order by abs(entries - (select quantile_cont(entries, 0.99) from persons)) limit 1"""

Ask = Callable[[str], list[tuple]]


@dataclass(slots=True)
class Asked:
    """engine -> (seconds, dashboard, panel, range) of each query."""

    person_entries: int = 0
    times: dict[str, list[tuple[float, str, str, str]]] = field(default_factory=dict)


def measure(published: Path, url: SecretStr | None, words: HouseWords) -> Asked:
    """published: the folder. url: of the PostgreSQL that has the same, where there is one."""
    with _files(published) as ask:
        until = ask("select max(as_of) from published.tables")[0][0].replace(tzinfo=UTC)
        person = ask(PERSON)[0][0]
        found = Asked(ask(f"select count(*) from journeys.timeline where person_id = '{person}'")[0][0])
        found.times["files"] = list(_times(DUCKDB, ask, words, until, person))
    if url is not None:
        with connected(url, autocommit=True) as session:
            found.times["PostgreSQL"] = list(_times(POSTGRES, _asking(session), words, until, person))
    return found


@contextmanager
def _files(published: Path) -> Iterator[Ask]:
    with closing(duckdb.connect(str(published / CATALOG), read_only=True)) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def _asking(session: Session) -> Ask:
    return lambda sql: session.execute(sql).fetchall()


def _times(
    engine: Engine, ask: Ask, words: HouseWords, until: datetime, person: str
) -> Iterator[tuple[float, str, str, str]]:
    for name, board in boards_of(words, engine).items():
        for span_name, days in DAYS.items():
            span = Range(until - timedelta(days=days), until)
            values = chosen(board, engine, ask, span, {"person": person})
            for where, sql in _texts(board):
                text = asked(engine, sql, values, span)
                yield middle([_seconds(ask, text) for _ in range(TIMES)]), name, where, span_name


def _texts(board: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for panel in board["panels"]:
        yield from ((panel["title"], target["rawSql"]) for target in panel["targets"])
    yield from ((each["name"], each["target"]["rawSql"]) for each in board["annotations"]["list"])
    yield from ((each["name"], each["query"]) for each in board["templating"]["list"] if each["type"] == "query")


def _seconds(ask: Ask, sql: str) -> float:
    started = time.perf_counter()
    ask(sql)
    return time.perf_counter() - started


def figures(found: Asked, events: int) -> list[Figures]:
    title = (
        f"What the dashboards ask of {events:,} events, for a day, a week, 90 days and all time; "
        f"the journey's person has {found.person_entries:,} entries"
    )
    table = Figures(title, ["engine", "queries", "median", "p95", "slowest", "over 100 ms"])
    slow = Figures("The slowest of them", ["engine", "dashboard", "panel", "range", "time"])
    for engine, times in found.times.items():
        times = sorted(times)
        taken = [each[0] for each in times]
        middle_one, late = taken[len(taken) // 2], taken[int(len(taken) * 0.95)]
        over = sum(each > 0.1 for each in taken)
        table.rows.append(
            [engine, str(len(taken)), *(f"{1000 * each:.0f} ms" for each in (middle_one, late, taken[-1])), str(over)]
        )
        slow.rows += [[engine, *each[1:], f"{1000 * each[0]:.0f} ms"] for each in times[: -SLOWEST - 1 : -1]]
    return [table, slow]
