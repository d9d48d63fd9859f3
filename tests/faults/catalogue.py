"""The catalogue of bad input, by the record: its bytes, and what becomes of them. Files: bad_files.py.

`outcome` is `accepted`, `blank`, or the reason code in quarantine. A record may not hold a line end; those of csv do.
"""

import json
from dataclasses import dataclass

ACCEPTED, BLANK = "accepted", "blank"


@dataclass(frozen=True, slots=True)
class Row:
    """One record. `note`: what the accepted event must say of itself."""

    name: str
    raw: bytes
    outcome: str
    note: str | None = None


def event(**changes) -> dict:
    """A good record; a change to `...` leaves the key out."""
    record = {
        "event_id": "e",
        "event_name": "page_viewed",
        "timestamp": "2026-03-01T11:00:00Z",
        "received_at": "2026-03-01T11:00:01Z",
        "ids": {"user": "u-000123", "anonymous": "a-7"},
        "properties": {"path": "/docs"},
    } | changes
    return {key: value for key, value in record.items() if value is not ...}


def line(**changes) -> bytes:
    return json.dumps(event(**changes), ensure_ascii=False, separators=(",", ":")).encode()


def saying(key: str, text: str) -> bytes:
    """A record with a value that no JSON writer writes."""
    return line(event_id=f"says {text!a:.8}", **{key: "<here>"}).replace(
        b'"<here>"', text.encode("utf-8", "surrogatepass")
    )


def bad(name: str, outcome: str, **changes) -> Row:
    return Row(name, line(event_id=f"bad {name}", **changes) if "event_id" not in changes else line(**changes), outcome)


BAD = [
    Row("trailing comma", line()[:-1] + b",}", "not_json"),
    Row("NaN", saying("properties", '{"a":NaN}'), "not_json"),
    Row("Infinity", saying("properties", '{"a":-Infinity}'), "not_json"),
    Row("a comment", line() + b" // seen", "not_json"),
    Row("single quotes", line().replace(b'"', b"'"), "not_json"),
    Row("two objects on a line", line() + line(), "not_json"),
    Row("lone surrogate, escaped", saying("properties", '{"a":"\\ud800"}'), "not_json"),
    Row("lone surrogate, as bytes", saying("properties", '{"a":"\ud800"}'), "not_utf8"),
    Row("raw control byte", saying("properties", '{"a":"\x01"}'), "not_json"),
    Row("a NUL in the name", saying("event_name", '"a\x00"'), "not_json"),
    Row("Latin-1", line(properties={"a": "@"}).replace(b"@", b"caf\xe9"), "not_utf8"),
    Row("a line that is cut", line()[:40], "not_json"),
    Row("an array", b"[1]", "not_object"),
    Row("null", b"null", "not_object"),
    Row("a text", b'"x"', "not_object"),
    Row("a number", b"7", "not_object"),
    Row("a gzip among lines", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "not_utf8"),
    Row("100,000 nested arrays", b"[" * 100_000 + b"]" * 100_000, "too_deep"),
    Row("100,000 open brackets", b'{"a":' * 100_000, "too_deep"),
    Row("depth 41", saying("properties", '{"a":' + "[" * 39 + "]" * 39 + "}"), "too_deep"),
    Row("a key twice", line()[:-1] + b',"event_id":"e-2"}', "duplicate_key"),
    Row("a key twice, once escaped", line()[:-1] + b',"event\\u005fid":"e-2"}', "duplicate_key"),
    Row("an id twice", saying("ids", '{"user":"u-1","user":"u-2"}'), "duplicate_key"),
    Row("1e400", saying("properties", '{"a":1e400}'), "number_out_of_range"),
    bad("an id beyond 64 bits", "number_out_of_range", ids={"user": 2**63}),
    bad("event_id beyond 64 bits", "number_out_of_range", event_id=2**64),
    bad("name missing", "missing_field", event_name=...),
    bad("name null", "missing_field", event_name=None),
    bad("name a number", "bad_type", event_name=7),
    bad("name of 10,000 characters", "size_violation", event_name="n" * 10_000),
    bad("event over 1 MB", "size_violation", properties={"a": "x" * (1 << 20)}),
    bad("event_id empty", "illegal_event_id", event_id=""),
    bad("event_id a placeholder", "illegal_event_id", event_id="[object Object]"),
    bad("event_id too long", "illegal_event_id", event_id="e" * 257),
    bad("an id that is an object", "bad_type", ids={"user": {}}),
    bad("properties an array", "bad_type", properties=[1]),
    bad("2026-02-30", "bad_timestamp", timestamp="2026-02-30T00:00:00Z"),
    bad("25:00", "bad_timestamp", timestamp="2026-03-01T25:00:00Z"),
    bad("infinity", "bad_timestamp", timestamp="infinity"),
    bad("now", "bad_timestamp", timestamp="now"),
    bad("epoch in an undeclared unit", "bad_timestamp", timestamp=1_772_366_400),
    bad("01/02/2026", "bad_timestamp", timestamp="01/02/2026"),
    bad("no offset", "bad_timestamp", timestamp="2026-03-01T11:00:00"),
    bad("timestamp missing", "missing_field", timestamp=...),
    bad("before the source's earliest", "bad_timestamp", timestamp="1999-12-31T23:59:59Z"),
    bad("two days ahead", "timestamp_future", timestamp="2026-03-03T11:00:01Z"),
]

STRANGE = [
    "'; drop table x; --",
    "<script>alert(1)</script>",
    "{{7*7}} ${7*7} #{7*7}",
    "../../x",
    "=1+1",
    "@SUM(A1)",
    "<!channel> <@U123> *bold*",
    "Z̸̡̢̛̗a̵̢l̷g̴o̶",
    "\u202eRTL \u200f",
    "👩‍👩‍👧‍👦 🏳️‍🌈",
    "%s %n %00",
    "a\u2028b\u2029c\u0085d",
    "\ufeffmark",
    'back\\slash " quote',
    "é \u0065\u0301",
    "\U0010ffff",
]
ODD = [
    Row(
        "20 fraction digits",
        line(event_id="ok-1", timestamp="2026-03-01T11:00:00.12345678901234567890Z"),
        ACCEPTED,
        "digits",
    ),
    Row("a leap second", line(event_id="ok-2", timestamp="2026-03-01T10:59:60Z"), ACCEPTED, "second 60"),
    Row("integers beyond 64 bits", line(event_id="ok-0", properties={"a": 123456789012345678901234567890}), ACCEPTED),
    Row("a property that changes type", line(event_id="ok-3", properties={"path": 7}), ACCEPTED),
    Row(
        "placeholder ids", line(event_id="ok-4", ids={"user": "undefined", "anonymous": " NULL "}), ACCEPTED, "is no id"
    ),
    Row(
        "an undeclared kind of id", line(event_id="ok-5", ids={"email": "a@example.com"}), ACCEPTED, "kind not declared"
    ),
    Row("unknown keys", line(event_id="ok-6", colour="red"), ACCEPTED),
    Row("blanks around", b"  " + line(event_id="ok-7") + b" \t", ACCEPTED),
    Row("CRLF", line(event_id="ok-8") + b"\r", ACCEPTED),
    *[
        Row(text, line(event_id=f"{text} {n}", event_name=text, properties={text: text}), ACCEPTED)
        for n, text in enumerate(STRANGE)
    ],
    Row("an empty line", b"", BLANK),
    Row("a blank line", b" \t ", BLANK),
    Row("a line of CR", b"\r", BLANK),
]

ROWS = [*BAD, *ODD]

SHOP_HEADER = b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
SHOP_ROWS = [
    Row("too few columns", b"1,A,MUG", "missing_field"),
    Row("too many columns", b"1,A,MUG,2,2026-02-01 10:40:00,2.55,,UK,", "bad_type"),
    Row("an open quote", b'1,A,"MUG,2,2026-02-01 10:40:00,2.55,,UK', "bad_type"),
    Row("rubbish behind a quote", b'1,A,"MUG"x,2,2026-02-01 10:40:00,2.55,,UK', "bad_type"),
    Row("a quantity that is no number", b"1,A,MUG,many,2026-02-01 10:40:00,2.55,,UK", "bad_type"),
    Row(
        "a customer beyond 64 bits",
        b"1,A,MUG,1,2026-02-01 10:40:00,2.55,99999999999999999999,UK",
        "number_out_of_range",
    ),
    Row("a quantity beyond 64 bits", b"7,A,MUG,99999999999999999999,2026-02-01 10:40:00,2.55,,UK", ACCEPTED),
    Row("no time", b"1,A,MUG,2,,2.55,,UK", "missing_field"),
    Row("another order of the date", b"1,A,MUG,2,01/02/2026 10:40,2.55,,UK", "bad_timestamp"),
    Row("a day that is none", b"1,A,MUG,2,2026-02-30 10:40:00,2.55,,UK", "bad_timestamp"),
    Row("a week ahead", b"1,A,MUG,2,2026-03-08 10:40:00,2.55,,UK", "timestamp_future"),
    Row("Latin-1", b"1,A,CAF\xc9,2,2026-02-01 10:40:00,2.55,,UK", "not_utf8"),
    Row("a record over two lines", b'2,A,"MUG\nBLUE",2,2026-02-01 10:40:00,2.55,,UK', ACCEPTED),
    Row("quotes in quotes", b'3,A,"12"" PLATE, BLUE",2,2026-02-01 10:40:00,2.55,,UK', ACCEPTED),
    Row("strange text", "4,A,=1+1 👩‍👩‍👧‍👦 <b>,2,2026-02-01 10:40:00,2.55,,UK".encode(), ACCEPTED),
    Row("a time that comes twice", b"5,A,MUG,2,2025-10-26 01:30:00,2.55,,UK", ACCEPTED, "occurs twice"),
    Row("a time that does not exist", b"6,A,MUG,2,2025-03-30 01:30:00,2.55,,UK", ACCEPTED, "does not exist"),
    Row("an empty line", b"", BLANK),
]
