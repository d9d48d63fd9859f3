"""A file that grew goes on from where it was read, wherever that was; one whose beginning changed is not trusted."""

import gzip
import io
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from pipelines.config.sources import Fields
from tests.faults.catalogue import SHOP_HEADER, line
from tests.faults.place import Place, packed

BOM = b"\xef\xbb\xbf"
RECORDS = [
    line(event_id="é-1", properties={}),
    b"",
    line(event_id=..., ids={}, properties={}) + b"\r",
    b"[1]",
    line(event_id="e-2", properties={"text": "é"}) + b"\r",
    b" ",
    line(event_id="é-1", properties={}),
    line(event_id=..., ids={}, properties={}),
]
WHOLE = BOM + b"\n".join(RECORDS)
SHOP = SHOP_HEADER + b'\r\n1,A,"MUG\nBLUE",2,2026-02-01 08:00:00,1,,UK\r\n2,A,MUG,x,2026-02-01 08:00:00,1,,UK\r\n\r\n'


def what_counts(place: Place) -> tuple[list, list]:
    """Events and refused records, without what only says that the file ended too early at the time."""
    events = [(each["event_id"], each["properties"], each["note"]) for each in place.events()]
    refused = [
        (each["record_id"], each["reason"], each["record"], each["line"], each["byte_offset"], each["raw"])
        for each in place.quarantine()
        if each["reason"] != "file_truncated"
    ]
    return events, refused


def grown(folder: Path, name: str, stages: list[bytes], source: str = "web", **words) -> Place:
    """A place that read the file at each of its stages."""
    place = Place(folder)
    place.declare(source, **words)
    for data in stages:
        place.put(name, data, source)
        place.read()
    assert not place.failures()
    return place


def cuts(size: int, count: int) -> list[int]:
    return sorted(random.Random(5).sample(range(1, size), count))


def around(data: bytes, *marks: bytes) -> set[int]:
    """The places before, inside and behind each of the marks."""
    starts = [start for mark in marks for start in range(len(data)) if data.startswith(mark, start)]
    return {place for start in starts for place in range(start, start + 3) if 0 < place < len(data)}


@pytest.fixture(scope="module")
def at_once(tmp_path_factory) -> tuple[list, list]:
    return what_counts(grown(tmp_path_factory.mktemp("at-once"), "a.ndjson", [WHOLE]))


def test_read_at_once(at_once):
    events, refused = at_once
    assert len(events) == 4 and [each[1] for each in refused] == ["not_object"]


PLACES = sorted(around(WHOLE, BOM, b"\r\n", b"\n", "é".encode(), b"[1]") | set(cuts(len(WHOLE), 10)))


def test_read_twice_with_any_cut_between(tmp_path, at_once):
    for cut in PLACES:
        place = grown(tmp_path / str(cut), "a.ndjson", [WHOLE[:cut], WHOLE])
        assert what_counts(place) == at_once, f"cut at {cut}: {WHOLE[:cut][-20:]!r}"


@pytest.mark.soak
def test_read_twice_with_every_cut_between(tmp_path, at_once):
    for cut in range(1, len(WHOLE)):
        place = grown(tmp_path / str(cut), "a.ndjson", [WHOLE[:cut], WHOLE])
        assert what_counts(place) == at_once, f"cut at {cut}: {WHOLE[:cut][-20:]!r}"


def test_read_many_times(tmp_path, at_once):
    stages = [WHOLE[:cut] for cut in cuts(len(WHOLE), 12)]
    assert what_counts(grown(tmp_path, "a.ndjson", [*stages, WHOLE])) == at_once


def test_a_gzip_that_arrives_in_pieces(tmp_path, at_once):
    packed = gzip.compress(WHOLE, 0, mtime=0)
    stages = [packed[:size] for size in (60, 300, 400)]
    place = Place(tmp_path)
    for data in [*stages, packed]:
        path = place.put("a.ndjson", b"")
        path.write_bytes(data)
        place.read([place.task(path)])
    assert what_counts(place) == at_once


def test_a_csv_that_grows_between_its_records(tmp_path):
    at_once = what_counts(grown(tmp_path / "at once", "a.csv", [SHOP], "shop"))
    assert [len(each) for each in at_once] == [1, 1]
    for cut in around(SHOP, b"\r\n"):
        place = grown(tmp_path / str(cut), "a.csv", [SHOP[:cut], SHOP], "shop")
        assert what_counts(place) == at_once, f"cut at {cut}: {SHOP[:cut][-20:]!r}"


# ---- JSON arrays

ELEMENTS = [
    line(event_id="é-1", properties={}),
    line(event_id=..., ids={}, properties={"a": [1, {"b": "x, y"}]}),
    b"[1]",
    line(event_id="é-1", properties={}),
    b'{"a":NaN}',
    line(event_id=..., ids={}, properties={"text": "é"}),
]
ARRAY = BOM + b" [\r\n " + b" ,\r\n ".join(ELEMENTS) + b"\n]\n"


@pytest.fixture(scope="module")
def array_at_once(tmp_path_factory) -> tuple[list, list]:
    return what_counts(grown(tmp_path_factory.mktemp("array"), "a.json", [ARRAY], format="json"))


def test_an_array_read_at_once(array_at_once):
    events, refused = array_at_once
    assert len(events) == 3 and [each[1] for each in refused] == ["not_object", "not_json"]


ARRAY_PLACES = sorted(around(ARRAY, BOM, b"[\r\n", b" ,\r\n ", b"\n]\n", b"[1]", b"NaN") | set(cuts(len(ARRAY), 8)))


def test_an_array_that_grows_from_any_cut(tmp_path, array_at_once):
    for cut in ARRAY_PLACES:
        place = grown(tmp_path / str(cut), "a.json", [ARRAY[:cut], ARRAY], format="json")
        assert what_counts(place) == array_at_once, f"cut at {cut}: {ARRAY[:cut][-20:]!r}"


@pytest.mark.soak
def test_an_array_that_grows_from_every_cut(tmp_path, array_at_once):
    for cut in range(1, len(ARRAY)):
        place = grown(tmp_path / str(cut), "a.json", [ARRAY[:cut], ARRAY], format="json")
        assert what_counts(place) == array_at_once, f"cut at {cut}: {ARRAY[:cut][-20:]!r}"


def test_an_array_whose_closing_bracket_moves(tmp_path):
    """How a file that is a valid array at any time grows: it is written over its bracket."""
    stages = [BOM + b"[" + b",\n".join(ELEMENTS[:count]) + b"\n]\n" for count in range(len(ELEMENTS) + 1)]
    whole = grown(tmp_path / "whole", "a.json", stages[-1:], format="json")
    place = grown(tmp_path / "moved", "a.json", stages, format="json")
    assert what_counts(place) == what_counts(whole)
    assert all(each["reason"] != "file_truncated" for each in place.quarantine())
    assert place.totals().duplicate_same == 1, "é-1 came twice, and nothing was read twice"


# ---- the same bytes in other wrappings

PACKED = [("a.json", ".json.gz"), ("a.json.gz", ".json.zst"), ("a.json.zst", ".json")]


@pytest.mark.parametrize(("first", "then"), PACKED)
@pytest.mark.parametrize(("data", "words"), [(ARRAY, {"format": "json"}), (WHOLE, {})])
def test_packed_otherwise_and_renamed_it_changes_nothing(tmp_path, first, then, data, words):
    place = grown(tmp_path, first, [data], **words)
    before = place.events(), place.quarantine()
    place.put(f"renamed-{first}", data)
    place.put(f"packed{then}", data)
    (place.put(first, data)).write_bytes(packed(then, data))  # under the name that was read
    place.read()
    assert (place.events(), place.quarantine()) == before and not place.failures()


@pytest.mark.parametrize("name", ["a.json", "a.json.zst"])
def test_a_packed_file_that_is_sent_again_with_more(tmp_path, name, array_at_once):
    stages = [ARRAY[: len(ARRAY) // 2], ARRAY]
    assert what_counts(grown(tmp_path, name, stages, format="json")) == array_at_once


def test_a_zstd_that_arrives_in_pieces(tmp_path, at_once):
    packer = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    stream = b""
    for start in range(0, len(WHOLE), 50):
        stream += packer.compress(WHOLE[start : start + 50]) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    stream += packer.flush()
    place = Place(tmp_path)
    for size in (90, 300, 500, len(stream)):
        path = place.put("a.ndjson", stream[:size])
        place.read([place.task(path)])
    assert what_counts(place) == at_once


# ---- the beginning changed


@pytest.mark.parametrize("changed", [ARRAY.replace(b"x, y", b"x, z"), ARRAY[:99], b"[]", ARRAY.replace(b"\r", b"")])
def test_a_rewritten_array_gives_nothing(tmp_path, changed):
    place = grown(tmp_path, "a.json", [ARRAY], format="json")
    before = place.events(), place.quarantine()
    place.put("a.json", changed)
    place.read()
    assert place.failures() == [("inbox/web/a.json", "file_mutated")]
    assert (place.events(), place.quarantine()) == before


@pytest.mark.parametrize(
    "changed", [WHOLE.replace(b"e-2", b"e-3") + b"\n" + line(), WHOLE[:100], b"", line(event_id="n") * 9]
)
def test_a_rewritten_file_gives_nothing(tmp_path, changed):
    place = grown(tmp_path, "a.ndjson", [WHOLE])
    before = place.events(), place.quarantine()
    place.put("a.ndjson", changed)
    place.put("b.ndjson", line(event_id="beside") + b"\n")
    assert place.read().counts.accepted == 1, "the file beside it"
    assert place.failures() == [("inbox/web/a.ndjson", "file_mutated")]
    assert (place.events()[:-1], place.quarantine()) == before
    assert place.new() == [], "it is looked at again when it changes again"


def test_a_rewritten_file_that_is_put_right_goes_on(tmp_path):
    place = grown(tmp_path, "a.ndjson", [WHOLE])
    place.put("a.ndjson", line(event_id="wrong"))
    place.read()
    place.put("a.ndjson", WHOLE + b"\n" + line(event_id="e-9"))
    assert place.read().counts.accepted == 1
    assert [each["event_id"] for each in place.events()][-1] == "e-9"


# ---- Parquet, which cannot grow

COLUMNS = Fields.model_validate({"event_name": "name", "timestamp": "at", "ids": {"user": "user"}})


def rows(*users: str | None, **layout) -> bytes:
    columns = {"name": ["page_viewed"] * len(users), "at": ["2026-03-01T11:00:00Z"] * len(users), "user": list(users)}
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, **layout)
    return file.getvalue()


def table_read(folder: Path, *stages: bytes) -> Place:
    return grown(folder, "a.parquet", list(stages), format="parquet", fields=COLUMNS)


@pytest.mark.parametrize("layout", [{}, {"compression": "zstd"}, {"row_group_size": 1, "use_dictionary": False}])
def test_rows_in_another_layout_change_nothing(tmp_path, layout):
    place = table_read(tmp_path, rows("a", "b", None))
    before = place.events(), place.quarantine()
    place.put("a.parquet", rows("a", "b", None, **layout))
    place.put("b.parquet", rows("a", "b", None, **layout))
    place.read()
    assert len(before[0]) == 3
    assert (place.events(), place.quarantine()) == before and not place.failures()


@pytest.mark.parametrize("then", [("a", "b", "c"), ("a",), ("a", "x"), ()])
def test_other_rows_under_the_same_name_give_nothing(tmp_path, then):
    place = table_read(tmp_path, rows("a", "b"))
    before = place.events()
    place.put("a.parquet", rows(*then))
    place.read()
    assert place.failures() == [("inbox/web/a.parquet", "file_mutated")]
    assert place.events() == before


def test_a_table_that_came_half(tmp_path):
    place = table_read(tmp_path)
    whole = rows("a", "b")
    for size in (10, len(whole) - 3):
        place.put("a.parquet", whole[:size])
        assert place.read().batch == 0
    place.put("a.parquet", whole)
    assert place.read().counts.accepted == 2
    assert place.failures() == [("inbox/web/a.parquet", "file_corrupt")] * 2
