"""The wall clock goes back a day, forward a year, or jumps at every look: log and tables stay as by a steady one.

An `as_of` is written down and shown; it decides neither which records are the same nor the order of the log.
"""

import re
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.ledger import Ledger
from tests.faults.clocks import CLOCKS
from tests.faults.deeds import Order
from tests.faults.figures import Figures, assert_noticed
from tests.faults.picture import Picture
from tests.faults.rig import picture_in
from tests.faults.stages import Stages
from tests.houses import settings_in

pytestmark = pytest.mark.xdist_group("victims-b")

HOME = Path(__file__).parents[2]
CLOCK = re.compile(
    r"datetime\.(to)?(now|today)|utcnow|date\.today|\btime\.(time|gmtime|localtime)|\btime_ns|from time import[^\n]*\btime\b"
    r"|\bcurrent_(date|time)|\b(now|today|get_current_\w+|transaction_timestamp)\(\)(?! -> int)",
    re.IGNORECASE,
)
READERS = {  # pipelines.moments.now, and what is done with it
    "pipelines/moments.py": "the clock",
    "assets/alerts/monitors.py": "the as_of of a look",
    "assets/cli/monitors.py": "when a test message fired, and until when a silence holds",
    "assets/raw/watch.py": "the as_of of a look at the end of a tick",
    "pipelines/correctors/audit.py": "when a row was mended",
    "pipelines/deliveries/deliver.py": "how long ago something was sent that cannot be found yet",
    "pipelines/deliveries/mail.py": "a mail's date",
    "pipelines/deliveries/webhook.py": "the moment that is signed, and how long to wait until one that is asked for",
    "pipelines/files/inbox.py": "whether a file is settled",
    "pipelines/ingest/coordinator.py": "a batch's as_of and committed_at",
    "pipelines/ledger/deliveries.py": "when a unit was planned and last touched",
    "pipelines/monitors/send.py": "which notes are due",
    "pipelines/orchestration/prune.py": "how old Dagster's history is",
    "pipelines/orchestration/runs.py": "when a run that Dagster forgot was found lost",
    "pipelines/replay/__init__.py": "a batch's as_of and committed_at",
    "pipelines/upkeep/compact.py": "when segments were replaced, and since when they wait",
    "pipelines/upkeep/strike.py": "when segments were struck",
}

SHOWS_RECEIVED_AT = "raw.event_names"  # which, for the shop's lines without a collector, is their batch's as_of


def test_nobody_else_reads_the_clock():
    files = [*HOME.glob("pipelines/**/*.py"), *HOME.glob("assets/**/*.py"), *HOME.glob("sql/**/*.sql")]
    found = {path.relative_to(HOME).as_posix() for path in files if CLOCK.search(path.read_text())}
    assert len(files) > 50 and found == set(READERS)
    others = [HOME / path for path in READERS if path != "pipelines/moments.py"]
    assert [path for path in others if not re.search(r"moments import .*\bnow\b", path.read_text())] == []


def played(stages: Stages, clock: str, seed: int, breaks: str | None = None) -> tuple[Picture, list[str]]:
    """The whole story by that clock. Returns what came of it, and the ids of all events in the order of the log."""
    folder = stages.victims.restore(None)
    look = ("log", "tables", "published")
    order = Order(folder, (1, 2, 3), refresh=True, publish=True, look=look, clock=clock, clock_seed=seed, breaks=breaks)
    report = stages.victims.run(order)
    assert "error" not in report, report
    return picture_in(report), ids_in_order(Path(folder))


def ids_in_order(folder: Path) -> list[str]:
    settings = settings_in(folder)
    with closing(Ledger(settings.ledger_address)) as ledger:
        segments = ledger.segments("events", 0, ledger.last_batch())
    rows = [row for each in segments for row in pq.read_table(settings.lake_folder / each.path).to_pylist()]
    return [f"{row['source']} {row['event_id']}" for row in sorted(rows, key=lambda row: row["event_number"])]


def by_jumping_clocks(stages: Stages, figures: Figures, breaks: str | None = None) -> None:
    with figures.timed():
        expected, order = played(stages, "steady", figures.seed, breaks)
        del expected.tables[SHOWS_RECEIVED_AT]
        for clock in CLOCKS:
            found, other = played(stages, clock, figures.seed, breaks)
            figures.points += 1
            figures.acknowledged += found.batches
            figures.compare(clock, expected, found)
            figures.tear(clock, [] if other == order else ["the log has another order"])


def test_a_clock_that_jumps_changes_nothing(stages, report):
    figures = Figures("clocks that jump", seed=20261128)
    by_jumping_clocks(stages, figures)
    report(figures)


def test_ids_made_by_the_clock_are_noticed(stages):
    figures = Figures("control name_by_the_clock", seed=20261128)
    by_jumping_clocks(stages, figures, breaks="name_by_the_clock")
    assert_noticed(figures)
