"""Killed at any moment of ingest, refresh and publish: the next run completes, and nothing acknowledged is gone."""

from dataclasses import replace

import pytest

from tests.faults import story
from tests.faults.figures import Figures, assert_noticed
from tests.faults.kills import Kills
from tests.faults.rig import picture_in
from tests.faults.stages import ORDERS, Name, Stages

STAGES: list[Name] = ["first ingest", "next ingest", "refresh", "publish", "compact", "replay"]
SHARE = 0.15  # of the steps beyond one of every kind; `make soak` takes all

pytestmark = pytest.mark.xdist_group("victims-a")


def test_the_undisturbed_story_is_as_counted_by_hand(stages):
    found = stages.expected("everything")
    ids = [each.split()[1] for each in found.events]
    said = {each for batch in story.BATCHES for each in story.IDS[batch]}
    assert said <= set(ids) and set(found.events.values()) == {1}
    assert len(ids) == len(said) + sum(story.MADE_IDS.values())
    assert sorted(each.split()[2] for each in found.quarantine) == sorted(
        reason for batch in story.BATCHES for reason in story.REFUSED[batch].elements()
    )
    assert [each.split()[1] for each in found.failures] == ["file_corrupt"]


def test_the_undisturbed_replay_moves_what_the_fix_mends(stages):
    before, after = stages.expected("everything"), stages.expected("replay")
    moved = set(after.events) - set(before.events)
    assert len(moved) == 2 and set(before.events) < set(after.events) and set(after.events.values()) == {1}
    assert sorted(each.split()[3] for each in after.quarantine if each.endswith("resolved")) == ["resolved"] * 2
    assert len(after.quarantine) == len(before.quarantine)


def test_the_undisturbed_compaction_changes_no_table(stages):
    report = stages.victims.run(
        replace(ORDERS["compact and refresh"], folder=stages.victims.restore(stages.start("compact")))
    )
    assert picture_in(report).tables == stages.expected("compact and refresh").tables != {}


@pytest.mark.parametrize("stage", STAGES)
def test_killed_at_every_kind_of_step(stages, report, stage):
    figures = Figures(f"killed at steps of every kind of {stage}", seed=20261128)
    Kills(stages, stage).at_steps(figures, share=SHARE)
    report(figures)


CONTROLS: list[tuple[str, Name, bool, str]] = [
    ("take_duplicates", "next ingest", False, "ledger commit"),
    ("remember_files_first", "next ingest", False, "ledger commit"),
    ("move_position_first", "refresh", False, "duckdb commit"),
    ("publish_in_place", "publish", False, "fsync"),
    ("resolve_first", "replay", False, "ledger commit"),
    ("remove_before_the_commit", "compact", False, "ledger commit"),
    ("keep_what_was_replaced", "compact", False, "ledger commit"),
    ("sync_nothing", "first ingest", True, "write data/index"),
    ("sync_up_to_the_lake", "first ingest", True, "write data/index"),
]


@pytest.mark.parametrize(("breaks", "stage", "cut_power", "only"), CONTROLS)
def test_a_break_is_noticed(stages: Stages, breaks, stage, cut_power, only):
    figures = Figures(f"control {breaks}")
    Kills(stages, stage, breaks, cut_power).at_steps(figures, only)
    assert_noticed(figures)
