"""Parquet: rows as exact JSON lines whatever the layout; limits before data; nothing of a file that is not whole."""

import datetime
import gzip
import io
import json
import random
import tracemalloc
import uuid
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.config.sources import Fields, Time
from pipelines.envelope import RAW_KEPT_BYTES, FileRefused
from pipelines.files import blocks, inspect, read_prefix
from pipelines.files.records import PrefixDigest
from tests.pipelines.judge.records import WEB, events_of, judge_bytes, line, refused_of

FIELDS = Fields.model_validate(
    {"event_name": "name", "timestamp": "at", "ids": {"user": "who.id"}, "properties": {"*": "said"}}
)
ROWS = WEB.model_copy(update={"format": "parquet", "fields": FIELDS})
AT = pa.timestamp("us", "UTC")


def table(count: int = 3, **columns) -> pa.Table:
    """Rows that ROWS accepts; more columns, or others, by name."""
    usual = {
        "name": pa.array(["page_viewed"] * count),
        "at": pa.array(range(1_772_366_400_000_000, 1_772_366_400_000_000 + count)).cast(AT),
        "who": pa.array([{"id": f"u-{n}"} for n in range(count)]),
        "said": pa.array([{"n": n} for n in range(count)]),
    }
    return pa.table(usual | columns)


def packed(rows: pa.Table, **layout) -> bytes:
    file = io.BytesIO()
    pq.write_table(rows, file, **layout)
    return file.getvalue()


def lines(path: Path, source=ROWS, **options) -> list[bytes]:
    return b"".join(block.data for block in blocks(path, source, 0, **options)).splitlines()


def said(folder: Path, array: pa.Array, source=ROWS, **layout) -> list:
    """What rows of one more column become, by the text of their JSON."""
    (folder / "f").write_bytes(packed(table(len(array), value=array), **layout))
    inspect(folder / "f", source)
    return [raw.split(b'"value":', 1)[1][:-1].decode() for raw in lines(folder / "f", source)]


NOW = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
VALUES = {
    "an instant": (pa.array([NOW], pa.timestamp("us", "UTC")), '"2026-03-01T12:00:00Z"'),
    "an instant elsewhere": (pa.array([NOW], pa.timestamp("ms", "Asia/Tokyo")), '"2026-03-01T12:00:00Z"'),
    "nanoseconds": (
        pa.array([1_772_366_400_120_000_001], pa.timestamp("ns", "UTC")),
        '"2026-03-01T12:00:00.120000001Z"',
    ),
    "nanoseconds that are none": (
        pa.array([1_772_366_400_120_000_000], pa.timestamp("ns")),
        '"2026-03-01T12:00:00.12"',
    ),
    "no zone": (pa.array([NOW.replace(tzinfo=None)], pa.timestamp("us")), '"2026-03-01T12:00:00"'),
    "before the calendar": (
        pa.array([-(2**63) + 1], pa.timestamp("us")),
        '"<value out of range: -9223372036854775807>"',
    ),
    "a date": (pa.array([datetime.date(2026, 3, 1)]), '"2026-03-01"'),
    "a time": (pa.array([datetime.time(1, 2, 3, 4)]), '"01:02:03.000004"'),
    "a decimal": (pa.array([Decimal("12345678901234567890.10")]), '"12345678901234567890.10"'),
    "a small decimal": (pa.array([Decimal("0.0000000010")], pa.decimal128(20, 10)), '"0.0000000010"'),
    "a decimal without a point": (pa.array([Decimal(10**30)], pa.decimal128(38, 0)), "1" + "0" * 30),
    "an integer": (pa.array([2**64 - 1], pa.uint64()), "18446744073709551615"),
    "a double": (pa.array([0.1]), "0.1"),
    "a float": (pa.array([0.5], pa.float32()), "0.5"),
    "NaN": (pa.array([float("nan")]), "NaN"),
    "infinity": (pa.array([-float("inf")]), "-Infinity"),
    "text": (pa.array(['é"\n\u2028']), '"é\\"\\n\u2028"'),
    "bytes that are text": (pa.array(["é".encode()]), '"é"'),
    "a fixed number of bytes": (pa.array([b"ab"], pa.binary(2)), '"ab"'),
    "a boolean": (pa.array([True]), "true"),
    "null": (pa.nulls(1), "null"),
    "a UUID": (pa.array([uuid.UUID(int=7).bytes], pa.uuid()), '"00000000-0000-0000-0000-000000000007"'),
    "JSON": (pa.array(['{"a":1}'], pa.json_()), '"{\\"a\\":1}"'),
    "a dictionary": (pa.array(["a"]).dictionary_encode(), '"a"'),
    "lists": (pa.array([[[1], None, []]]), "[[1],null,[]]"),
    "structs": (pa.array([{"a": {"b": None}, "c": [{"d": "e"}]}]), '{"a":{"b":null},"c":[{"d":"e"}]}'),
    "a map": (pa.array([[("a", 1), ("b", None)]], pa.map_(pa.string(), pa.int64())), '{"a":1,"b":null}'),
    "a map of numbers": (pa.array([[(1, "a")]], pa.map_(pa.int64(), pa.string())), '{"1":"a"}'),
    "a map with a key twice": (pa.array([[("a", 1), ("a", 2)]], pa.map_(pa.string(), pa.int64())), '[["a",1],["a",2]]'),
    "a duration": (pa.array([7], pa.duration("us")), "7"),
}


@pytest.mark.parametrize("case", VALUES)
def test_values_are_exact(tmp_path, case):
    array, text = VALUES[case]
    assert said(tmp_path, array) == [text]
    assert said(tmp_path, pa.concat_arrays([array, pa.nulls(1, array.type)])) == [text, "null"]


def test_bytes_that_are_no_text_stay_those_bytes(tmp_path):
    rows = table(2, value=pa.array([b'\xff"\\', b"ok"]))
    (refused,) = refused_of(judge_bytes(tmp_path, packed(rows), ROWS))
    assert refused["reason"] == "not_utf8" and b'"value":"\xff\\"\\\\"' in refused["raw"]


def test_texts_that_claim_to_be_utf8(tmp_path):
    rows = table(2, value=pa.array([b"caf\xe9", b"ok"]).view(pa.string()))
    judged = judge_bytes(tmp_path, packed(rows), ROWS)
    assert [each["reason"] for each in refused_of(judged)] == ["not_utf8"] and len(events_of(judged)) == 1


def test_rows_are_judged_as_mapped_json(tmp_path):
    moments = pa.array([1_772_366_400_123_456_789, None, 10**18 * 9], pa.timestamp("ns", "UTC"))
    judged = judge_bytes(tmp_path, packed(table(3, at=moments, colour=pa.array(["red"] * 3))), ROWS)
    (event,) = events_of(judged)
    assert event["user_id"] == "u-0" and json.loads(event["properties"]) == {"n": 0}
    assert json.loads(event["context"]) == {"colour": "red", "who": {"id": "u-0"}}
    assert "digits beyond microseconds" in event["note"]
    first, second = refused_of(judged)
    assert (first["reason"], second["reason"]) == ("missing_field", "timestamp_future")
    assert (first["record"], first["line"]) == (2, 2) and json.loads(first["raw"])["at"] is None


def test_times_without_a_zone_need_the_source_s(tmp_path):
    rows = packed(table(1, at=pa.array([NOW.replace(tzinfo=None)], pa.timestamp("us"))))
    (refused,) = refused_of(judge_bytes(tmp_path, rows, ROWS))
    assert refused["reason"] == "bad_timestamp" and "time.zone" in refused["detail"]
    berlin = ROWS.model_copy(update={"time": Time(zone="Europe/Berlin")})
    (event,) = events_of(judge_bytes(tmp_path, rows, berlin))
    assert event["occurred_at"] == NOW - datetime.timedelta(hours=1)


def test_an_instant_is_one_whatever_the_source_declares_for_numbers(tmp_path):
    millis = ROWS.model_copy(update={"time": Time(format="epoch_millis")})
    for column in (pa.array([1_772_366_400_000]), pa.array([NOW], AT)):
        (event,) = events_of(judge_bytes(tmp_path, packed(table(1, at=column)), millis))
        assert event["occurred_at"] == NOW


# ---- the same rows in other files


LAYOUTS = [
    {},
    {"compression": "zstd"},
    {"compression": "gzip", "row_group_size": 7},
    {"use_dictionary": False, "data_page_version": "2.0", "version": "1.0"},
    {"write_page_checksum": True, "store_schema": False},
]


def test_rows_decide_the_ids_not_the_layout(tmp_path):
    found = set()
    for number, layout in enumerate(LAYOUTS):
        path = tmp_path / str(number)
        path.write_bytes(packed(table(100), **layout))
        inspect(path, ROWS)
        for block_bytes in (1, 300, 1 << 20):
            digest, ids = PrefixDigest(), []
            for block in blocks(path, ROWS, 0, block_bytes=block_bytes):
                ends = [(block.first_record + n, end) for n, (_, end) in enumerate(block.spans())]
                ids += digest.ids(block, ends)
            found.add((tuple(ids), digest.hexdigest()))
        assert read_prefix(path, ROWS, 0).hexdigest() == digest.hexdigest(), "all of it, whatever was read of it"
    assert len(found) == 1 and len(next(iter(found))[0]) == 100


# ---- files that are refused


def footer_edited(data: bytes, old: bytes, new: bytes) -> bytes:
    start = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    return data[:start] + data[start:].replace(old, new)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 16]) + data[at + 1 :]


GOOD = packed(table(50), write_page_checksum=True, compression="none")
UNREADABLE = {
    "nothing": (b"", "file_corrupt", "empty"),
    "a cut file": (GOOD[: len(GOOD) // 2], "file_corrupt", "cut"),
    "a file cut in its footer": (GOOD[:-9], "file_corrupt", "cut"),
    "only its magic": (b"PAR1", "file_corrupt", "cut"),
    "magic twice": (b"PAR1" * 3, "file_corrupt", "cut"),
    "a damaged footer": (GOOD[:-60] + b"\xff" * 40 + GOOD[-20:], "file_corrupt", "thrift"),
    "a damaged page": (flipped(GOOD, GOOD.index(b"page_viewed")), "file_corrupt", "CRC"),
    "a wrong number of rows": (footer_edited(GOOD, b"\x16\x64\x19", b"\x16\x66\x19"), "file_corrupt", "rows"),
    "an encrypted file": (b"PARE" + GOOD[4:-4] + b"PARE", "file_unsupported", "encrypted"),
    "an encrypted footer": (GOOD[:-4] + b"PARE", "file_unsupported", "encrypted"),
    "lines": (line(), "file_unsupported", "format: ndjson"),
    "a JPEG": (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 4, "file_corrupt", "JPEG"),
    "noise": (random.Random(1).randbytes(5000), "file_corrupt", "binary"),
    "Parquet in gzip": (gzip.compress(GOOD), "file_unsupported", "unpack"),
    "a zip": (b"PK\x03\x04" + bytes(100), "file_unsupported", "zip"),
    "a column less": (packed(table(2).drop_columns("at")), "file_unsupported", "'at'"),
    "a field less": (packed(table(2, who=pa.array([{"name": "x"}] * 2))), "file_unsupported", "'who.id'"),
    "a column twice": (packed(table(2).append_column("at", pa.array([1, 2]))), "file_unsupported", "called 'at'"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_that_cannot_be_read_is_refused_whole(tmp_path, case):
    data, reason, word = UNREADABLE[case]
    with pytest.raises(FileRefused) as refused:
        judge_bytes(tmp_path, data, ROWS)
    assert refused.value.reason == reason and word in refused.value.detail, refused.value.detail


@pytest.mark.parametrize(
    "limit", [{"max_rows": 49}, {"max_row_groups": 4}, {"max_columns": 3}, {"max_file_bytes": 999}]
)
def test_limits_are_held_before_any_data_is_read(tmp_path, limit):
    data = packed(table(50), row_group_size=10)
    source = ROWS.model_copy(update={"limits": ROWS.limits.model_copy(update=limit)})
    broken = data[:4] + bytes(len(data) - 4 - 8 - int.from_bytes(data[-8:-4], "little"))
    with pytest.raises(FileRefused, match="file_bomb") as refused:
        judge_bytes(tmp_path, broken + data[len(broken) :], source)
    assert next(iter(limit)) in refused.value.detail


def test_a_parquet_file_among_lines_is_told_as_such(tmp_path):
    with pytest.raises(FileRefused, match="declare `format: parquet`"):
        judge_bytes(tmp_path, GOOD, WEB)


def test_bits_flipped_in_the_data_never_get_past_a_checksum(tmp_path):
    whole = events_of(judge_bytes(tmp_path, GOOD, ROWS))
    footer = len(GOOD) - 8 - int.from_bytes(GOOD[-8:-4], "little")
    places, refused = random.Random(3).sample(range(footer), 150), 0
    for at in places:
        try:
            assert events_of(judge_bytes(tmp_path, flipped(GOOD, at), ROWS)) == whole
        except FileRefused as error:
            assert error.reason in ("file_corrupt", "file_unsupported", "file_bomb")
            refused += 1
    assert refused > 100


# ---- memory


def test_a_text_that_stands_once_and_is_said_by_every_row(tmp_path):
    """A megabyte in the file, 20 GB as JSON: the rows are refused one by one, and never together in memory."""
    large = pa.DictionaryArray.from_arrays(pa.array([0] * 20), pa.array(["x" * (2 << 20)]))
    tracemalloc.start()
    judged = judge_bytes(tmp_path, packed(table(20, value=large)), ROWS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    refused = refused_of(judged)
    assert [each["reason"] for each in refused] == ["size_violation"] * 20 and peak < 40 << 20
    assert {len(each["raw"]) for each in refused} == {RAW_KEPT_BYTES}
    assert [each["record"] for each in refused] == list(range(1, 21))
    assert refused[0]["raw_size"] > 2 << 20 and len({each["raw_sha256"] for each in refused}) == 20
