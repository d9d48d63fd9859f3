"""Real files, where they lie beside the checkout: an hour of GH Archive, and a shop's invoice lines of half a year."""

from collections import Counter
from dataclasses import astuple
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.ledger import Counts
from tests.faults.place import Place

DATA = Path(__file__).parents[3].parent / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="for want of the real data beside the checkout")


def place_of(folder: Path, source: str, files: str) -> Place:
    """A place whose source lies where the data lies."""
    place = Place(folder, processes=2)
    place.sources = {source: place.sources[source].model_copy(update={"folder": DATA / files})}
    return place


def columns(place: Place, *names: str) -> list[tuple]:
    paths = sorted(place.settings.lake_folder.glob("events/*/*.parquet"))
    tables = [pq.read_table(path, columns=list(names)) for path in paths]
    return [row for table in tables for row in zip(*(column.to_pylist() for column in table.columns), strict=True)]


@needs_data
def test_an_hour_of_github(tmp_path):
    place = place_of(tmp_path, "github", "github")
    counts = place.read().counts
    assert counts == Counts(records_in=7_702, accepted=7_702)
    assert place.new() == []
    ids = columns(place, "event_id", "user_id", "note")
    assert len({row[0] for row in ids}) == 7_702 and all(row[1] for row in ids) and not any(row[2] for row in ids)


@needs_data
def test_half_a_year_of_a_shop(tmp_path):
    place = place_of(tmp_path, "shop", "retail")
    counts = place.read().counts
    assert astuple(counts) == (207_748, 207_748, 0, 0, 0, 0)
    rows = columns(place, "event_id", "event_name", "user_id", "raw_timestamp", "properties")
    names = Counter(row[1] for row in rows)
    assert names == {"item_purchased": 203_328, "item_cancelled": 3_769, "stock_adjusted": 651}
    assert round(sum(row[2] is None for row in rows) / len(rows), 3) == 0.287
    assert len({row[0] for row in rows}) == 207_748, "a line that is written twice is two purchases"
    assert len(rows) - len({row[1:] for row in rows}) == 1_732
    again = place.read(
        [place.task(path).afresh() for path in sorted((DATA / "retail").glob("2011-05-*"))], kind="reingest"
    )
    assert again.counts == Counts(records_in=again.counts.records_in, duplicate_same=again.counts.records_in)
