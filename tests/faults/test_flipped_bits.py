"""One bit of the lake flips: `scrub` names the segment, every time, and no other."""

import random
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.lake import Segment
from pipelines.upkeep import scrub
from tests.faults.figures import Figures, assert_noticed
from tests.faults.place import Place, two_batches

SEED, FLIPS = 20260301, 12  # FLIPS: a segment


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return two_batches(tmp_path)


def flip(path: Path, dice: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(data)


def flip_and_scrub(place: Place, figures: Figures) -> None:
    dice = random.Random(figures.seed)
    with closing(place.ledger()) as ledger:
        figures.acknowledged = ledger.last_batch()
        segments = [each for kind in scrub.KINDS for each in ledger.segments(kind, 0, figures.acknowledged)]
    with figures.timed():
        for segment in segments:
            path = place.settings.lake_folder / segment.path
            sound = path.read_bytes()
            for _ in range(FLIPS):
                flip(path, dice)
                look_at_findings(place, figures, {segment.path})
                path.write_bytes(sound)
        look_at_findings(place, figures, set())


def look_at_findings(place: Place, figures: Figures, damaged: set[str]) -> None:
    found = {each.path for each in scrub.scrub(place.settings).findings}
    figures.points += len(damaged)
    figures.spurious += len(found - damaged)
    figures.tear("scrub", [f"{path} is damaged and nobody says so" for path in damaged - found])


def test_a_flipped_bit_is_found_in_every_segment(place, report):
    figures = Figures("flipped bits", SEED)
    flip_and_scrub(place, figures)
    assert figures.points == 4 * FLIPS
    report(figures)


def by_size(path: Path, segment: Segment) -> str | None:
    return None if path.stat().st_size == segment.bytes else "its size differs"


def test_a_scrub_that_looks_at_sizes_only_is_noticed(place, monkeypatch):
    monkeypatch.setattr(scrub, "_what_is_wrong", by_size)
    figures = Figures("control by_size", SEED)
    flip_and_scrub(place, figures)
    assert_noticed(figures)
