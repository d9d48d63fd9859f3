"""The catalogue of bad input: every line of it, what it is, and what becomes of it."""

import gzip
import json
import struct
import zlib
from pathlib import Path

import pytest

from pipelines.envelope import EVENT_SCHEMA, QUARANTINE_SCHEMA, RAW_KEPT_BYTES, REASONS, FileRefused
from pipelines.judge import Judge
from tests.pipelines.judge.records import (
    BATCH_AT,
    NOON,
    WEB,
    event,
    events_of,
    judge_bytes,
    judge_file,
    line,
    micros_of,
    refused_of,
)


def with_text(key: str, text: str) -> bytes:
    """A record with a value that no JSON writer writes."""
    return line(**{key: "\0here"}).replace(b'"\\u0000here"', text.encode("utf-8", "surrogatepass"))


REFUSED = {
    "trailing comma": (line()[:-1] + b",}", "not_json"),
    "NaN": (with_text("properties", '{"a":NaN}'), "not_json"),
    "Infinity": (with_text("properties", '{"a":-Infinity}'), "not_json"),
    "comment": (line() + b" // seen", "not_json"),
    "single quotes": (line().replace(b'"', b"'"), "not_json"),
    "two objects on a line": (line() + line(), "not_json"),
    "lone surrogate, escaped": (with_text("properties", '{"a":"\\ud800"}'), "not_json"),
    "lone surrogate in the name": (with_text("event_name", '"\\udc00"'), "not_json"),
    "lone surrogate, as bytes": (with_text("properties", '{"a":"\ud800"}'), "not_utf8"),
    "raw control byte": (with_text("properties", '{"a":"\x01"}'), "not_json"),
    "raw NUL in a value": (with_text("event_name", '"a\x00"'), "not_json"),
    "Latin-1": (line(properties={"a": "x"}).replace(b'"x"', b'"caf\xe9"'), "not_utf8"),
    "cut in the middle of the file": (line()[:40], "not_json"),
    "an array": (b"[1]", "not_object"),
    "null": (b"null", "not_object"),
    "a text": (b'"x"', "not_object"),
    "a number": (b"7", "not_object"),
    "100,000 nested arrays": (b"[" * 100_000 + b"]" * 100_000, "too_deep"),
    "100,000 open brackets": (b'{"a":' * 100_000, "too_deep"),
    "100,000 nested objects inside properties": (
        with_text("properties", '{"a":' * 100_000 + "1" + "}" * 100_000),
        "too_deep",
    ),
    "depth 41": (with_text("properties", '{"a":' + "[" * 39 + "]" * 39 + "}"), "too_deep"),
    "a key twice in the envelope": (line()[:-1] + b',"event_id":"e-2"}', "duplicate_key"),
    "a key twice, once escaped": (line()[:-1] + b',"event\\u005fid":"e-2"}', "duplicate_key"),
    "a key twice with the same value": (line()[:-1] + b',"event_id":"e-1"}', "duplicate_key"),
    "an unknown key twice": (line()[:-1] + b',"x":1,"x":2}', "duplicate_key"),
    "an id twice": (with_text("ids", '{"user":"u-1","user":"u-2"}'), "duplicate_key"),
    "1e400 in properties": (with_text("properties", '{"a":1e400}'), "number_out_of_range"),
    "an integer of 400 digits": (with_text("properties", '{"a":' + "9" * 400 + "}"), "number_out_of_range"),
    "an id beyond 64 bits": (line(ids={"user": 2**63}), "number_out_of_range"),
    "an event_id beyond 64 bits": (line(event_id=2**64), "number_out_of_range"),
    "name missing": (line(event_name=...), "missing_field"),
    "name null": (line(event_name=None), "missing_field"),
    "name empty": (line(event_name=""), "missing_field"),
    "name blank": (line(event_name=" \t"), "missing_field"),
    "name a number": (line(event_name=7), "bad_type"),
    "name an object": (line(event_name={}), "bad_type"),
    "name with a line end": (line(event_name="a\nb"), "bad_type"),
    "name with a NUL": (line(event_name="a\0"), "bad_type"),
    "name of 10,000 characters": (line(event_name="n" * 10_000), "size_violation"),
    "over 1 MB": (line(properties={"a": "x" * (1 << 20)}), "size_violation"),
    "event_id empty": (line(event_id=""), "illegal_event_id"),
    "event_id a placeholder": (line(event_id="undefined"), "illegal_event_id"),
    "event_id a boolean": (line(event_id=True), "illegal_event_id"),
    "event_id an object": (line(event_id={}), "illegal_event_id"),
    "event_id a fraction": (line(event_id=1.5), "illegal_event_id"),
    "event_id too long": (line(event_id="e" * 257), "illegal_event_id"),
    "event_id with a control character": (line(event_id="e\x1b[0m"), "illegal_event_id"),
    "ids an array": (line(ids=[]), "bad_type"),
    "id a fraction": (line(ids={"user": 1.5}), "bad_type"),
    "id an object": (line(ids={"user": {}}), "bad_type"),
    "id too long": (line(ids={"user": "u" * 257}), "size_violation"),
    "id with a NUL": (line(ids={"anonymous": "a\0"}), "bad_type"),
    "declared id an array": (line(ids={"deployment_id": []}), "bad_type"),
    "properties an array": (line(properties=[1]), "bad_type"),
    "properties a text": (line(properties="{}"), "bad_type"),
    "context a number": (line(context=0), "bad_type"),
    "timestamp missing": (line(timestamp=...), "missing_field"),
    "timestamp null": (line(timestamp=None), "missing_field"),
    "timestamp empty": (line(timestamp=""), "bad_timestamp"),
    "no such day": (line(timestamp="2026-02-30T00:00:00Z"), "bad_timestamp"),
    "no such leap day": (line(timestamp="2100-02-29T00:00:00Z"), "bad_timestamp"),
    "month 13": (line(timestamp="2026-13-01T00:00:00Z"), "bad_timestamp"),
    "day 0": (line(timestamp="2026-01-00T00:00:00.000Z"), "bad_timestamp"),
    "hour 25": (line(timestamp="2026-03-01T25:00:00Z"), "bad_timestamp"),
    "hour 24": (line(timestamp="2026-03-01T24:00:00Z"), "bad_timestamp"),
    "minute 60": (line(timestamp="2026-03-01T12:60:00Z"), "bad_timestamp"),
    "second 61": (line(timestamp="2026-03-01T12:00:61Z"), "bad_timestamp"),
    "infinity": (line(timestamp="infinity"), "bad_timestamp"),
    "now": (line(timestamp="now"), "bad_timestamp"),
    "epoch in an undeclared unit": (line(timestamp=1_772_366_400), "bad_timestamp"),
    "epoch as text": (line(timestamp="1772366400"), "bad_timestamp"),
    "01/02/2026": (line(timestamp="01/02/2026"), "bad_timestamp"),
    "a date only": (line(timestamp="2026-03-01"), "bad_timestamp"),
    "no offset": (line(timestamp="2026-03-01T12:00:00"), "bad_timestamp"),
    "no such offset": (line(timestamp="2026-03-01T12:00:00+25:00"), "bad_timestamp"),
    "offset without minutes": (line(timestamp="2026-03-01T12:00:00+01"), "bad_timestamp"),
    "other digits": (line(timestamp="２０２６-03-01T12:00:00Z"), "bad_timestamp"),
    "blank around": (line(timestamp=" 2026-03-01T12:00:00Z"), "bad_timestamp"),
    "year 0": (line(timestamp="0000-03-01T12:00:00Z"), "bad_timestamp"),
    "before the source's earliest": (line(timestamp="1999-12-31T23:59:59Z"), "bad_timestamp"),
    "timestamp a boolean": (line(timestamp=True), "bad_type"),
    "received_at wrong": (line(received_at="yesterday"), "bad_timestamp"),
    "received_at before the earliest": (line(received_at="1970-01-01T00:00:00Z"), "bad_timestamp"),
    "sent_at wrong": (line(sent_at="2026-02-30T00:00:00Z"), "bad_timestamp"),
    "a second more than a day ahead": (line(timestamp="2026-03-02T13:00:01Z"), "timestamp_future"),
    "far ahead": (line(timestamp="9999-12-31T23:59:59Z"), "timestamp_future"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_record_is_refused_for_its_reason(tmp_path, case):
    raw, reason = REFUSED[case]
    judged = judge_bytes(tmp_path, line(event_id="before") + b"\n" + raw + b"\n" + line(event_id="after") + b"\n")
    assert [each["event_id"] for each in events_of(judged)] == ["before", "after"]
    (refused,) = refused_of(judged)
    assert refused["reason"] == reason, refused["detail"]
    assert refused["raw"] == raw[:RAW_KEPT_BYTES] and refused["raw_size"] == len(raw)
    assert (refused["record"], refused["line"], refused["byte_offset"]) == (2, 2, len(line(event_id="before")) + 1)


HARMLESS = [
    "'; drop table x; --",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "${7*7}",
    "../../x",
    "=1+1",
    "<!channel>",
    "Z̸̡̢̛a̵l̷g̴o̶",
    "\u202eRTL",
    "👩‍👩‍👧‍👦",
    "%s%n",
    "a\u2028b",
    "\ufeff",
    "null ",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_strange_text_is_accepted_and_stays_byte_equal(tmp_path, text):
    said = event(event_name=text, event_id=f"{text}-1", ids={"user": f"{text}-2"}, properties={text: text})
    raw = json.dumps(said, ensure_ascii=False).encode()
    (row,) = events_of(judge_bytes(tmp_path, raw))
    assert (row["event_name"], row["event_id"], row["user_id"]) == (text, f"{text}-1", f"{text}-2")
    assert json.loads(row["properties"]) == {text: text}
    assert row["properties"] in raw.decode() and row["note"] is None


ACCEPTED = {
    "20 fraction digits": ("2026-03-01T12:00:00.12345678901234567890Z", NOON + 123_456, "digits beyond microseconds cut"),
    "a leap second": ("2026-03-01T11:59:60Z", NOON, "second 60 became the next second"),
    "lower case": ("2026-03-01t12:00:00z", NOON, None),
    "an offset": ("2026-03-01T17:30:00.5+05:30", NOON + 500_000, None),
    "a blank for the T": ("2026-03-01 12:00:00Z", NOON, None),
    "one digit": ("2026-03-01T12:00:00.5Z", NOON + 500_000, None),
    "milliseconds": ("2026-03-01T12:00:00.001Z", NOON + 1_000, None),
    "microseconds": ("2026-03-01T12:00:00.000001Z", NOON + 1, None),
    "a day ahead": ("2026-03-02T13:00:00Z", BATCH_AT + 86_400_000_000, None),
    "a leap day": ("2024-02-29T00:00:00Z", 1_709_164_800_000_000, None),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_times_that_are_unusual_but_clear(tmp_path, case):
    text, moment, note = ACCEPTED[case]
    judged = judge_bytes(tmp_path, line(timestamp=text))
    (row,) = events_of(judged)
    assert micros_of(judged[0].events["occurred_at"]) == [moment]
    assert row["raw_timestamp"] == text
    assert row["note"] == (f"timestamp: {note}" if note else None)


PLACEHOLDERS = ["null", "Undefined", "'anonymous'", ' "GUEST" ', "id", "email", "true", "FALSE", "0", "NaN", "none", "", "  "]


@pytest.mark.parametrize("text", [*PLACEHOLDERS, "[object Object]", 0, True, False])
def test_a_placeholder_is_no_id(tmp_path, text):
    (row,) = events_of(judge_bytes(tmp_path, line(ids={"user": text, "anonymous": "a-1", "project_id": text})))
    assert (row["user_id"], row["anonymous_id"], row["other_ids"]) == (None, "a-1", None)
    assert row["note"].count("is no id") == 2


def test_integers_beyond_64_bits_stay_exact(tmp_path):
    properties = '{"a":18446744073709551617,"b":-9223372036854775809,"c":123456789012345678901234567890}'
    one, other = with_text("properties", properties), with_text("properties", properties.replace("617", "618"))
    rows = events_of(judge_bytes(tmp_path, one + b"\n" + other))
    assert rows[0]["properties"] == properties
    assert rows[0]["payload_hash"] != rows[1]["payload_hash"]


def test_what_is_no_field_stays_in_context(tmp_path):
    extra = line(context={"a": 1.50, "app": 2}, ids={"tenant": "t-1", "user": 42}, app={"v": "1"})
    (row,) = events_of(judge_bytes(tmp_path, extra))
    assert row["context"] == '{"a":1.5,"app":2,"top_level_app":{"v":"1"},"ids":{"tenant":"t-1"}}'
    assert row["user_id"] == "42" and "tenant" in row["note"]


def test_declared_ids_are_kept_by_kind(tmp_path):
    (row,) = events_of(judge_bytes(tmp_path, line(ids={"project_id": 7, "deployment_id": "d-1", "other_user": "u-2"})))
    assert row["other_ids"] == [{"kind": "deployment_id", "value": "d-1"}, {"kind": "project_id", "value": "7"}]
    assert row["other_user_id"] == "u-2"


def test_a_clock_that_is_wrong_is_corrected_by_what_the_collector_saw(tmp_path):
    raw = line(timestamp="1970-01-01T00:05:00Z", sent_at="1970-01-01T00:06:00Z", received_at="2026-03-01T12:00:00Z")
    judged = judge_bytes(tmp_path, raw)
    assert micros_of(judged[0].events["occurred_at"]) == [NOON - 60_000_000]
    assert micros_of(judged[0].events["received_at"]) == [NOON]
    assert events_of(judged)[0]["raw_timestamp"] == "1970-01-01T00:05:00Z"


def test_a_source_without_a_collector_takes_the_time_of_the_batch(tmp_path):
    judged = judge_bytes(tmp_path, line(sent_at="2026-03-01T11:00:00Z"))
    assert micros_of(judged[0].events["received_at"]) == [BATCH_AT]
    assert micros_of(judged[0].events["occurred_at"]) == [NOON]


def test_nulls_are_absent(tmp_path):
    raw = line(sent_at=None, received_at=None, properties=None, context=None, ids=None, event_id=None)
    (judged,) = judge_bytes(tmp_path, raw)
    (row,) = judged.events.to_pylist()
    assert (row["event_id"], row["properties"], row["context"], row["user_id"]) == (None, "{}", None, None)
    assert judged.missing == [(0, len(raw))] and not judged.id_hashes.any()


def test_the_payload_hash_covers_what_was_said_and_nothing_else(tmp_path):
    same = [line(), line(sent_at="2026-03-01T12:00:01Z"), line(event_id="e-2"), line(properties={"path": "/docs"})]
    other = [line(event_name="x"), line(timestamp="2026-03-01T12:00:00.0Z"), line(ids={}), line(properties={}), line(context={})]
    rows = events_of(judge_bytes(tmp_path, b"\n".join(same + other)))
    hashes = [row["payload_hash"] for row in rows]
    assert len(set(hashes[:4])) == 1 and len(set(hashes[3:])) == 6


SHAPES = {
    "empty": (b"", 0, 0),
    "no newline at the end": (line(), 1, 0),
    "one line": (line() + b"\n", 1, 0),
    "CRLF": (line() + b"\r\n" + line() + b"\r\n", 2, 0),
    "BOM": (b"\xef\xbb\xbf" + line() + b"\n", 1, 0),
    "BOM alone": (b"\xef\xbb\xbf", 0, 0),
    "blank lines": (b"\n \n" + line() + b"\n\t\n\r\n", 1, 4),
    "only a newline": (b"\n", 0, 1),
    "blanks at the end": (line() + b"  \n" + line() + b" ", 2, 0),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_harmless_shapes_of_files(tmp_path, shape, pack):
    data, accepted, blank = SHAPES[shape]
    judged = judge_bytes(tmp_path, pack(data))
    assert (len(events_of(judged)), sum(each.blank for each in judged)) == (accepted, blank)
    assert refused_of(judged) == []
    assert sum(each.records for each in judged) == accepted + blank


def test_a_last_line_that_is_cut(tmp_path):
    judged = judge_bytes(tmp_path, line() + b"\n" + line(properties={"a": "é"})[:-30])
    assert len(events_of(judged)) == 1
    assert [each["reason"] for each in refused_of(judged)] == ["file_truncated"]


def test_a_last_line_that_is_cut_inside_a_character(tmp_path):
    judged = judge_bytes(tmp_path, line() + b"\n" + '{"event_id":"é'.encode()[:-1])
    assert [each["reason"] for each in refused_of(judged)] == ["file_truncated"]


@pytest.mark.parametrize("block_bytes", [1 << 10, 4 << 20])
def test_a_gzip_that_is_cut_gives_its_complete_lines(tmp_path, block_bytes):
    lines = [line(event_id=f"e-{n}", properties={"n": n**9}) for n in range(3000)]
    packed = gzip.compress(b"\n".join(lines) + b"\n")
    judged = judge_bytes(tmp_path, packed[: len(packed) // 2], block_bytes=block_bytes)
    events, refused = events_of(judged), refused_of(judged)
    assert [each["event_id"] for each in events] == [f"e-{n}" for n in range(len(events))]
    assert 500 < len(events) < 2999
    assert [each["reason"] for each in refused] == ["file_truncated"]
    assert refused[0]["raw"] == lines[len(events)][: refused[0]["raw_size"]]


def zip_of(_: bytes) -> bytes:
    return b"PK\x03\x04" + bytes(100)


def crc_broken(data: bytes) -> bytes:
    packed = gzip.compress(data)
    return packed[:-8] + struct.pack("<I", zlib.crc32(data) ^ 1) + packed[-4:]


def bit_flipped(data: bytes) -> bytes:
    packed = bytearray(gzip.compress(data, mtime=0))
    packed[len(packed) // 2] ^= 16
    return bytes(packed)


LINES = b"".join(line(event_id=f"e-{n}") + b"\n" for n in range(500))
FILES = {
    "gzip with a wrong CRC": (crc_broken(LINES), "file_corrupt"),
    "second member with a wrong CRC": (gzip.compress(LINES) + crc_broken(LINES), "file_corrupt"),
    "gzip with a flipped bit": (bit_flipped(LINES), "file_corrupt"),
    "gzip with rubbish behind it": (gzip.compress(LINES) + b"rubbish", "file_corrupt"),
    "gzip cut in its header": (gzip.compress(LINES)[:12], "file_corrupt"),
    "gzip inside gzip": (gzip.compress(gzip.compress(LINES)), "file_unsupported"),
    "a bomb": (gzip.compress(bytes(1 << 25) + b"\n", 1), "file_bomb"),
    "UTF-16 with a mark": (LINES.decode().encode("utf-16"), "file_encoding"),
    "UTF-16 little endian": (LINES.decode().encode("utf-16-le"), "file_encoding"),
    "UTF-16 big endian": (LINES.decode().encode("utf-16-be"), "file_encoding"),
    "UTF-32": (LINES.decode().encode("utf-32"), "file_encoding"),
    "UTF-32 without a mark": (LINES.decode().encode("utf-32-be"), "file_encoding"),
    "UTF-16 in gzip": (gzip.compress(LINES.decode().encode("utf-16")), "file_encoding"),
    "a JPEG": (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 4, "file_corrupt"),
    "a PNG": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "file_corrupt"),
    "a PDF": (b"%PDF-1.7\n", "file_corrupt"),
    "noise": (bytes(n * n * 7 % 251 for n in range(5000)), "file_corrupt"),
    "zeros": (bytes(5000), "file_corrupt"),
    "a zip": (b"PK\x03\x04" + bytes(100), "file_unsupported"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(100), "file_unsupported"),
    "xz": (b"\xfd7zXZ\x00" + bytes(100), "file_unsupported"),
    "bzip2": (b"BZh91AY&SY", "file_unsupported"),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(100), "file_unsupported"),
    "Parquet": (b"PAR1" + bytes(100), "file_unsupported"),
    "tar": (b"a.json".ljust(257, b"\0") + b"ustar\0" + bytes(300), "file_unsupported"),
    "tar in gzip": (gzip.compress(b"a.json".ljust(257, b"\0") + b"ustar\0" + bytes(300)), "file_unsupported"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_bad_file_is_refused_whole(tmp_path, case):
    data, reason = FILES[case]
    with pytest.raises(FileRefused) as refused:
        judge_bytes(tmp_path, data)
    assert refused.value.reason == reason, refused.value.detail
    assert len(refused.value.detail) > 10


def test_one_record_of_bytes_does_not_condemn_its_file(tmp_path):
    judged = judge_bytes(tmp_path, line() + b"\n" + bytes(range(256)).replace(b"\n", b"") + b"\n" + line() + b"\n")
    assert len(events_of(judged)) == 2 and len(refused_of(judged)) == 1


def test_a_record_larger_than_memory_should_hold(tmp_path):
    limits = WEB.limits.model_copy(update={"max_event_bytes": 1000})
    source = WEB.model_copy(update={"limits": limits})
    large = line(properties={"a": "x" * 100_000})
    data = line(event_id="a") + b"\n" + large + b"\r\n" + line(event_id="b") + b"\n"
    for block_bytes in (999, 16_384, 4 << 20):
        judged = judge_bytes(tmp_path, data, source, block_bytes=block_bytes)
        assert [each["event_id"] for each in events_of(judged)] == ["a", "b"]
        (refused,) = refused_of(judged)
        assert refused["reason"] == "size_violation" and refused["record"] == 2
        assert (refused["raw"], refused["raw_size"]) == (large[:RAW_KEPT_BYTES], len(large))
        assert events_of(judged)[1]["event_number"] == 3


def test_an_unforeseen_error_is_a_record_of_its_own(tmp_path, monkeypatch):
    """The negative control of `internal_error`: break one rule and see that its record alone is lost."""
    judge = Judge(WEB)
    path = tmp_path / "input"
    path.write_bytes(line() + b"\n" + line(x=1) + b"\n" + line() + b"\n")
    monkeypatch.setattr("pipelines.judge.native.payload_hash", lambda *_: 1 / 0)
    judged = [judge.judge(block) for block in __import__("pipelines.files").files.blocks(path, WEB, BATCH_AT)]
    assert len(events_of(judged)) == 2
    assert [each["reason"] for each in refused_of(judged)] == ["internal_error"]


def test_the_tables_have_their_schemas(tmp_path):
    for data in (b"\n", line(), b"{", line() + b"\n{\n" + line(x=1)):
        for judged in judge_bytes(tmp_path, data):
            assert judged.events.schema == EVENT_SCHEMA and judged.quarantine.schema == QUARANTINE_SCHEMA
            assert set(judged.quarantine["reason"].to_pylist()) <= REASONS
            assert len(judged.id_hashes) == judged.events.num_rows


def test_a_file_is_told_by_its_bytes_not_its_name(tmp_path: Path):
    path = tmp_path / "plain.ndjson.gz"
    path.write_bytes(line() + b"\n")
    assert len(events_of(judge_file(path))) == 1
