"""Records that look bad and are not: strange text, unusual times, placeholders, large numbers, unknown fields."""

import json

import pytest

from tests.pipelines.judge.records import (
    BATCH_AT,
    NOON,
    event,
    events_of,
    judge_bytes,
    line,
    micros_of,
    with_text,
)

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
    "20 fraction digits": (
        "2026-03-01T12:00:00.12345678901234567890Z",
        NOON + 123_456,
        "digits beyond microseconds cut",
    ),
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


PLACEHOLDERS = [
    "null",
    "Undefined",
    "'anonymous'",
    ' "GUEST" ',
    "id",
    "email",
    "true",
    "FALSE",
    "0",
    "NaN",
    "none",
    "",
    "  ",
]


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
    other = [
        line(event_name="x"),
        line(timestamp="2026-03-01T12:00:00.0Z"),
        line(ids={}),
        line(properties={}),
        line(context={}),
    ]
    rows = events_of(judge_bytes(tmp_path, b"\n".join(same + other)))
    hashes = [row["payload_hash"] for row in rows]
    assert len(set(hashes[:4])) == 1 and len(set(hashes[3:])) == 6
