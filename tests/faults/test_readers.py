"""Readers never wait for a publish and never fail because of one; a query over one table sees one generation of it."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from pipelines.published import ask
from tests.faults.deeds import Order
from tests.faults.figures import Figures, assert_noticed
from tests.faults.stages import Stages

pytestmark = pytest.mark.xdist_group("victims-b")

QUERY = "select count(distinct greatest(new_person_count, 999)), count(*) from metrics.daily"  # 1000: generation 0


def reading_during(stages: Stages, figures: Figures, generations: int, breaks: str | None = None) -> None:
    """One reader opens the catalog for every query, another keeps it open, while the tables are replaced."""
    victims, folder = stages.victims, Path(stages.victims.restore(stages.refreshed))
    victims.run(Order(str(folder), publish=True))
    writer = victims.start(Order(str(folder), generations=generations, breaks=breaks))
    published = folder / "data/published"
    with figures.timed(), closing(duckdb.connect(str(published / "catalog.duckdb"), read_only=True)) as opened:
        while not (folder / "report.json").stat().st_size or is_busy(writer):
            read_once(figures, "a new connection", lambda: ask(published, QUERY)[1][0])
            read_once(figures, "an old connection", lambda: opened.execute(QUERY).fetchall()[0])
    victims.wait(writer)


def is_busy(process: int) -> bool:
    return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"


def read_once(figures: Figures, who: str, query: Callable[[], tuple]) -> None:
    figures.points += 1
    try:
        seen, rows = query()
    except Exception as error:  # whatever a reader would see
        figures.tear(who, [f"{type(error).__name__}: {error}"])
        return
    figures.tear(who, [f"{seen} generations in {rows} rows"] if seen != 1 else [])


def test_readers_see_one_generation_and_no_error(stages, report):
    figures = Figures("readers during publishes")
    reading_during(stages, figures, generations=8)
    report(figures)


def test_a_publish_in_place_is_noticed(stages):
    figures = Figures("control publish_in_place")
    reading_during(stages, figures, generations=8, breaks="publish_in_place")
    assert_noticed(figures)
