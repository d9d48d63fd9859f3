"""A folder is there for reading only: the inbox may be; of the others the run says which one, and what to do."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults import story
from tests.faults.deeds import Order
from tests.faults.figures import Figures, assert_noticed
from tests.faults.mounts import read_only
from tests.faults.rig import picture_in
from tests.faults.stages import ORDERS, Stages
from tests.needs import needs_mounting

pytestmark = [pytest.mark.xdist_group("victims-b"), needs_mounting]

ACKNOWLEDGED = {"inbox": 2, "data": 0, "data/lake": 0, "data/published": 2}  # batches, while the folder is read-only


def read_only_folders(stages: Stages, figures: Figures, breaks: str | None = None) -> None:
    with figures.timed():
        for name in ACKNOWLEDGED:
            folder = Path(stages.victims.restore(stages.standing))
            for batch in (2, 3):
                story.place(folder, batch)
            order = replace(ORDERS["everything"], folder=str(folder), real_disk=True)
            with read_only(folder / name):
                report = stages.victims.run(replace(order, look=(), breaks=breaks))
            look_at_the_refusal(figures, folder, name, report.get("error", ""))
            look_at_the_next_run(stages, figures, name, order)


def look_at_the_refusal(figures: Figures, folder: Path, name: str, error: str) -> None:
    figures.points += 1
    told = f"NotWritable: {folder / name}: " in error and "TRAILHOUSE_DATA" in error
    if told != (name != "inbox") or (name == "inbox" and error):
        figures.tear(name, [f"the run said: {error or 'nothing'}"])
    acknowledged = folder / "acknowledged"
    count = len(acknowledged.read_text().split()) if acknowledged.exists() else 0
    figures.acknowledged += count
    before = 1  # by the one who made the place
    if count - before != ACKNOWLEDGED[name]:
        figures.tear(name, [f"{count - before} batches were acknowledged, not {ACKNOWLEDGED[name]}"])


def look_at_the_next_run(stages: Stages, figures: Figures, name: str, order: Order) -> None:
    report = stages.victims.run(order)
    if "error" in report:
        figures.tear(name, [report["error"]])
    else:
        figures.compare(name, stages.expected("everything"), picture_in(report))


def test_read_only_folders_are_named_and_nothing_is_begun(stages, report):
    figures = Figures("read-only inbox, data, lake, published")
    stages.expected("everything")
    read_only_folders(stages, figures)
    report(figures)


def test_an_error_of_some_file_is_noticed(stages):
    figures = Figures("control ask_nobody_whether_it_is_writable")
    stages.expected("everything")
    read_only_folders(stages, figures, breaks="ask_nobody_whether_it_is_writable")
    assert_noticed(figures)
