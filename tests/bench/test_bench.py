"""The bench runs and measures what it says. How long anything takes is asserted nowhere."""

from pathlib import Path

import numpy as np
import pytest

from assets.cli.demo import REPORTED
from bench import figures, funnels, ingest, known_ids, latency, morning, pdf, publish, refresh, sessions, stages
from bench.history import history_folder
from bench.machine import machine
from bench.native_events import native_file
from bench.parts import Parts
from tests.needs import needs_pango
from tests.pipelines.reports.published import published_events

EVENTS, DAYS = 5_000, 5


def quiet(_: str) -> None:
    """Nobody reads along."""


def test_the_input_is_accepted_whole(tmp_path):
    found = ingest.measure(tmp_path, EVENTS, 1, quiet)
    assert found.batch is not None
    counts = found.batch.counts
    assert (counts.records_in, counts.accepted, counts.quarantined) == (EVENTS, EVENTS, 0)
    assert {"judging", "writing Parquet", "duplicates", "ledger"} <= found.one_process.seconds.keys()
    assert [row[0] for row in ingest.figures(found)[0].rows] == ["bare COPY of DuckDB", "ingest"]


def test_the_input_is_what_the_readme_says(tmp_path):
    data = native_file(tmp_path, EVENTS).read_bytes()
    lines = data.splitlines()
    assert len(lines) == EVENTS
    assert 550 < len(data) / EVENTS < 650
    assert 0.005 < sum(not line.isascii() for line in lines) / EVENTS < 0.02


def test_the_warehouse_takes_the_history_for_ingested_batches(tmp_path):
    found = refresh.measure(tmp_path, EVENTS, 1, quiet, DAYS)
    run = found.runs[0]
    assert run.full.keys() == run.part.keys() == run.nothing.keys()
    assert "touched persons" in run.why["people.events"]
    assert 0 < found.persons < found.owned < 1
    assert refresh.figures(found)[0].rows[-3][0] == "all"


def test_one_more_day_is_published_into_files_and_into_postgresql(tmp_path):
    found = publish.measure(tmp_path, EVENTS, 1, quiet, DAYS)
    assert [len(taken) for taken in (*found.files.values(), *found.server.values())] == [1] * 6
    assert found.written["metrics.daily"] == found.rows["metrics.daily"]  # what is small is written whole
    assert 0 < found.written["journeys.timeline"] < found.rows["journeys.timeline"]
    assert [row[0] for row in publish.figures(found)[0].rows] == ["files", "PostgreSQL"]


def test_sessions_and_their_peer_find_as_many(tmp_path):
    found = sessions.measure(tmp_path, EVENTS, 1, quiet, DAYS)
    assert len(found.ours) == len(found.peer) == 1
    assert sessions.figures(found)[0].rows[0][-1] == "1"


def test_funnels_and_their_peer_find_as_many_at_each_level(tmp_path):
    found = funnels.measure(tmp_path, EVENTS, 1, quiet, DAYS)
    assert min(found.persons[1:]) > 0
    assert [len(each) for each in (found.levels, found.table, found.peer)] == [1, 1, 1]
    assert funnels.figures(found)[0].rows[0][-1] == "1"


def test_stages_are_built_of_drawn_persons():
    found = stages.measure(1, quiet, persons=500)
    assert found.taken.keys() == set(stages.NAMES) and found.rows > 500
    assert stages.figures(found)[0].rows[0][0] == "stages.periods"


@needs_pango
def test_pages_and_their_peer_are_the_same_bytes():
    found = pdf.measure(3, 1, quiet)
    assert found.bytes_in_all > 3 * 4_000 and len(found.ours) == len(found.peer) == 1
    assert pdf.figures(found)[0].rows[0][-1] == "1"


@needs_pango
def test_the_morning_run_makes_what_the_demo_makes(tmp_path, house):
    published = published_events(tmp_path / "house", house).published_folder
    found = morning.measure(tmp_path, published, 1, quiet)
    assert found.pdfs.keys() == set(REPORTED) and found.pdfs["morning"] == 1 and found.sent["morning"] == 2
    assert [len(row) for row in morning.figures(found)[0].rows] == [7, 7, 7]
    assert morning.figures(morning.measure(tmp_path, tmp_path / "nothing", 1, quiet)) == []


def test_new_ids_are_new_and_are_known_afterwards(tmp_path):
    found = known_ids.measure(tmp_path, 2, quiet, known=10_000, new=(10, 2_000))
    assert {count: len(times) for count, times in found.checks.items()} == {10: 2, 2_000: 2}
    assert len(known_ids.figures(found)[0].rows) == 2


def test_the_same_is_drawn_again(tmp_path):
    first, second = (_drawn(tmp_path / name) for name in ("first", "second"))
    assert first == second
    assert len(first) == 1 + DAYS


def _drawn(folder: Path) -> dict[str, bytes]:
    segments = history_folder(folder, EVENTS, DAYS).rglob("*.parquet")
    return {path.name: path.read_bytes() for path in (native_file(folder, EVENTS), *segments)}


def test_the_time_of_an_inner_part_counts_once(monkeypatch):
    ticks = iter(np.array([[at, at / 2] for at in (0, 1, 5, 6)], float))  # outer begins, inner begins, ends, outer ends
    monkeypatch.setattr("bench.parts._clocks", lambda: next(ticks))
    parts = Parts()
    with parts.part("outer"), parts.part("inner"):
        pass
    assert {name: taken.tolist() for name, taken in parts.seconds.items()} == {"inner": [4, 2], "outer": [2, 1]}


def test_the_readme_keeps_what_is_not_figures(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{figures.BEGIN}\nold\n{figures.END}\nafter\n")
    figures.write_readme(machine(), [figures.Figures("new", ["a", "b"], [["c", "1"]])], readme)
    text = readme.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n")
    assert "| c | 1 |" in text and "old" not in text
    readme.write_text("no marks")
    with pytest.raises(ValueError, match="put them back"):
        figures.write_readme(machine(), [], readme)


def test_a_quantile_of_the_latencies_is_one_that_was_measured():
    """The house itself is started by the bench alone: it takes ten minutes."""
    parts = [(*(0.0,) * 5, float(second)) for second in range(50, 0, -1)]
    (table,) = latency.figures(latency.Measured(parts=parts, load=0.5))
    assert table.rows[-1] == ["all", "25.0 s", "48.0 s", "50.0 s"] and "50 sign-ups, load 0.5" in table.title
