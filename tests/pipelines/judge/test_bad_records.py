"""The catalogue of bad records: what each is, and the reason that it is refused for."""

import pytest

from pipelines.envelope import EVENT_SCHEMA, QUARANTINE_SCHEMA, RAW_KEPT_BYTES, REASONS
from pipelines.files import blocks
from pipelines.judge import Judge, conflict_rows
from tests.pipelines.judge.records import BATCH_AT, WEB, events_of, judge_bytes, line, refused_of, with_text

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


def test_the_tables_have_their_schemas(tmp_path):
    for data in (b"\n", line(), b"{", line() + b"\n{\n" + line(x=1)):
        for judged in judge_bytes(tmp_path, data):
            assert judged.events.schema == EVENT_SCHEMA and judged.quarantine.schema == QUARANTINE_SCHEMA
            assert set(judged.quarantine["reason"].to_pylist()) <= REASONS
            assert len(judged.id_hashes) == judged.events.num_rows


def test_a_conflict_becomes_a_quarantine_row_with_its_bytes(tmp_path):
    path = tmp_path / "input"
    path.write_bytes(b"\xef\xbb\xbf" + line() + b"\r\n\r\n" + line(properties={}) + b"\r\n")
    (block,) = blocks(path, WEB, BATCH_AT)
    events = Judge(WEB).judge(block).events
    conflicts = conflict_rows(block, events.slice(1, 1))
    assert conflicts.schema == QUARANTINE_SCHEMA and conflict_rows(block, events.slice(0, 0)).num_rows == 0
    (row,) = conflicts.to_pylist()
    assert (row["reason"], row["event_id"], row["record"], row["line"]) == ("duplicate_conflict", "e-1", 3, 3)
    assert row["raw"] == line(properties={}) and row["byte_offset"] == 3 + len(line()) + 4
    assert row["record_id"] == f"e-1#{events['payload_hash'][1].as_py():016x}"
