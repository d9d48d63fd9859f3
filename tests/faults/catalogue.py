"""The catalogue of bad input, by the record: its bytes, and what becomes of them. Files: bad_files.py; formats: carriers.py.

`outcome` is `accepted`, `blank`, `same` (sent again, equal), or the reason code in quarantine. `raw` holds no line end.
`cells` says the same in columns, where columns can say it. A text may hold lone surrogates, as Python writes bytes that are
no UTF-8: they become those bytes.
"""

import json
from dataclasses import dataclass
from typing import Any

ACCEPTED, BLANK, SAME = "accepted", "blank", "same"
COLUMNS = ("event_id", "event_name", "timestamp", "sent_at", "received_at", "user", "anonymous", "path")


@dataclass(frozen=True, slots=True)
class Row:
    """One record. `note`: what the accepted event must say of itself; `is_bounded`: an array would go on behind it."""

    name: str
    raw: bytes
    outcome: str
    note: str | None = None
    cells: dict[str, Any] | None = None
    is_bounded: bool = True


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
    return json.dumps(event(**changes), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogateescape")


def saying(key: str, text: str) -> bytes:
    """A record with a value that no JSON writer writes."""
    return line(event_id=f"says {text!a:.8}", **{key: "<here>"}).replace(
        b'"<here>"', text.encode("utf-8", "surrogatepass")
    )


def cells_of(record: dict) -> dict[str, str | None] | None:
    """The record in COLUMNS; None where they cannot say it."""
    ids, properties = record.get("ids", {}), record.get("properties", {})
    if not isinstance(ids, dict) or not isinstance(properties, dict):
        return None
    found = {key: record[key] for key in record if key not in ("ids", "properties")} | ids | properties
    is_told = set(found) <= set(COLUMNS) and all(isinstance(each, str | None) for each in found.values())
    return {name: found.get(name) for name in COLUMNS} if is_told else None


def row(name: str, outcome: str, note: str | None = None, **changes) -> Row:
    """A record that is JSON, and what is wrong or odd with it."""
    changes = {"event_id": f"the {name}"} | changes
    return Row(name, line(**changes), outcome, note, cells_of(event(**changes)))


def fine(name: str, note: str | None = None, **changes) -> Row:
    return row(name, ACCEPTED, note, **changes)


def text(name: str, raw: bytes, outcome: str, **more) -> Row:
    """A record that is no JSON, or only just."""
    return Row(name, raw, outcome, **more)


PLAIN = dict.fromkeys(COLUMNS) | {"event_name": "page_viewed", "timestamp": "2026-03-01T11:00:00Z"}

# ---- what is no JSON, or no object

NO_JSON = [
    text("trailing comma", line()[:-1] + b",}", "not_json"),
    text("trailing comma in an array", saying("properties", '{"a":[1,]}'), "not_json"),
    text("NaN", saying("properties", '{"a":NaN}'), "not_json", cells={**PLAIN, "number": float("nan")}),
    text(
        "Infinity",
        saying("properties", '{"a":-Infinity}'),
        "not_json",
        cells={**PLAIN, "number": float("-inf")},
    ),
    text("a comment", line() + b" // seen", "not_json"),
    text("a comment inside", line().replace(b'"ids"', b'/* who */ "ids"'), "not_json"),
    text("single quotes", line().replace(b'"', b"'"), "not_json"),
    text("bare keys", line().replace(b'"ids":', b"ids:"), "not_json"),
    text("Python's words", saying("properties", '{"a":True,"b":None}'), "not_json"),
    text("undefined", saying("properties", '{"a":undefined}'), "not_json"),
    text("a zero in front", saying("properties", '{"a":007}'), "not_json"),
    text("a plus in front", saying("properties", '{"a":+1}'), "not_json"),
    text("a number without its end", saying("properties", '{"a":1.}'), "not_json"),
    text("hexadecimal", saying("properties", '{"a":0x1F}'), "not_json"),
    text("no colon", line().replace(b'"ids":', b'"ids" '), "not_json"),
    text("no comma", line().replace(b',"ids"', b' "ids"'), "not_json"),
    text("two objects on a line", line() + line(), "not_json"),
    text("a mark in front", b"\xef\xbb\xbf" + line(), "not_json"),
    text("an unknown escape", saying("properties", '{"a":"\\q"}'), "not_json"),
    text("an escape of two digits", saying("properties", '{"a":"\\u12"}'), "not_json"),
    text("lone surrogate, escaped", saying("properties", '{"a":"\\ud800"}'), "not_json"),
    text("raw control byte", saying("properties", '{"a":"\x01"}'), "not_json"),
    text("raw tab", saying("properties", '{"a":"\t"}'), "not_json"),
    text("a NUL in the name", saying("event_name", '"a\x00"'), "not_json"),
    text("words", b"ERROR 2026-03-01 collector: cannot connect", "not_json"),
    text("a header of csv", b"event_id;event_name;timestamp", "not_json"),
    text("a line of XML", b"<event id='1'/>", "not_json"),
    text("a line that is cut", line()[:40], "not_json", is_bounded=False),
    text("a text without its end", saying("event_name", '"page'), "not_json", is_bounded=False),
    text("a bracket too many", line() + b"}", "not_json", is_bounded=False),
    text("brackets that do not match", saying("properties", '{"a":[1}'), "not_json", is_bounded=False),
    text("JSON inside JSON's text", line().replace(b'"', b'\\"'), "not_json", is_bounded=False),
    text("an array", b"[1]", "not_object"),
    text("an array of objects", b"[" + line() + b"]", "not_object"),
    text("null", b"null", "not_object"),
    text("true", b"true", "not_object"),
    text("a text", b'"x"', "not_object"),
    text("a number", b"7", "not_object"),
    text("an empty object", b"{}", "missing_field"),
    row("Latin-1", "not_utf8", properties={"path": "caf\udce9"}),
    row("Latin-1 in the name", "not_utf8", event_name="caf\udce9"),
    row("a surrogate as bytes", "not_utf8", properties={"path": "\udced\udca0\udc80"}),
    row("more bytes than a character needs", "not_utf8", properties={"path": "\udcc0\udcaf"}),
    text("a gzip among lines", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "not_utf8"),
    text("100,000 nested arrays", b"[" * 100_000 + b"]" * 100_000, "too_deep"),
    text("100,000 open brackets", b'{"a":' * 100_000, "too_deep", is_bounded=False),
    text(
        "depth 41",
        saying("properties", '{"a":' + "[" * 39 + "]" * 39 + "}"),
        "too_deep",
        cells={**PLAIN, "nested": 40},
    ),
    text("a key twice", line()[:-1] + b',"event_id":"e-2"}', "duplicate_key"),
    text("a key twice, once escaped", line()[:-1] + b',"event\\u005fid":"e-2"}', "duplicate_key"),
    text("an id twice", saying("ids", '{"user":"u-1","user":"u-2"}'), "duplicate_key"),
    text("1e400", saying("properties", '{"a":1e400}'), "number_out_of_range"),
]

# ---- what is no event

NO_EVENT = [
    row("an id beyond 64 bits", "number_out_of_range", ids={"user": 2**63}),
    row("event_id beyond 64 bits", "number_out_of_range", event_id=2**64),
    row("name missing", "missing_field", event_name=...),
    row("name null", "missing_field", event_name=None),
    row("name empty", "missing_field", event_name=""),
    row("name blank", "missing_field", event_name=" \t"),
    row("name a number", "bad_type", event_name=7),
    row("name an object", "bad_type", event_name={"en": "view"}),
    row("name with a control character", "bad_type", event_name="page\x07viewed"),
    row("name with a NUL", "bad_type", event_name="page\x00"),
    row("name of 10,000 characters", "size_violation", event_name="n" * 10_000),
    row("event over 1 MB", "size_violation", properties={"path": "x" * (1 << 20)}),
    row("event_id empty", "illegal_event_id", event_id=""),
    row("event_id a placeholder", "illegal_event_id", event_id="[object Object]"),
    row("event_id null as text", "illegal_event_id", event_id="NULL"),
    row("event_id too long", "illegal_event_id", event_id="e" * 257),
    row("event_id an object", "illegal_event_id", event_id={"$oid": "5"}),
    row("event_id true", "illegal_event_id", event_id=True),
    row("event_id a fraction", "illegal_event_id", event_id=1.5),
    row("event_id with a control character", "illegal_event_id", event_id="e\x1b[31m"),
    row("ids an array", "bad_type", ids=["u-1"]),
    row("ids a text", "bad_type", ids="u-1"),
    row("an id that is an object", "bad_type", ids={"user": {}}),
    row("an id that is a fraction", "bad_type", ids={"user": 17850.0}),
    row("an id with a control character", "bad_type", ids={"user": "u\x001"}),
    row("an id of 257 characters", "size_violation", ids={"user": "u" * 257}),
    row("properties an array", "bad_type", properties=[1]),
    row("properties a text of JSON", "bad_type", properties='{"path":"/"}'),
    row("context a number", "bad_type", context=7),
    row("2026-02-30", "bad_timestamp", timestamp="2026-02-30T00:00:00Z"),
    row("29 February of no leap year", "bad_timestamp", timestamp="2025-02-29T00:00:00Z"),
    row("25:00", "bad_timestamp", timestamp="2026-03-01T25:00:00Z"),
    row("24:00", "bad_timestamp", timestamp="2026-03-01T24:00:00Z"),
    row("infinity", "bad_timestamp", timestamp="infinity"),
    row("now", "bad_timestamp", timestamp="now"),
    row("Invalid Date", "bad_timestamp", timestamp="Invalid Date"),
    row("an empty time", "bad_timestamp", timestamp=""),
    row("a date alone", "bad_timestamp", timestamp="2026-03-01"),
    row("a time of RFC 2822", "bad_timestamp", timestamp="Sun, 01 Mar 2026 11:00:00 GMT"),
    row("an offset that is none", "bad_timestamp", timestamp="2026-03-01T11:00:00+25:00"),
    row("digits of another script", "bad_timestamp", timestamp="２０２６-03-01T11:00:00Z"),
    row("blanks around the time", "bad_timestamp", timestamp=" 2026-03-01T11:00:00Z "),
    row("year 0", "bad_timestamp", timestamp="0000-01-01T00:00:00Z"),
    row("1970", "bad_timestamp", timestamp="1970-01-01T00:00:00Z"),
    row("epoch in an undeclared unit", "bad_timestamp", timestamp=1_772_366_400),
    row("epoch as text", "bad_timestamp", timestamp="1772366400"),
    row("01/02/2026", "bad_timestamp", timestamp="01/02/2026"),
    row("no offset", "bad_timestamp", timestamp="2026-03-01T11:00:00"),
    row("timestamp missing", "missing_field", timestamp=...),
    row("timestamp an object", "bad_type", timestamp={"$date": "2026-03-01T11:00:00Z"}),
    row("timestamp true", "bad_type", timestamp=True),
    row("received_at that is none", "bad_timestamp", received_at="yesterday"),
    row("sent_at that is none", "bad_timestamp", sent_at="2026-13-01T00:00:00Z"),
    row("before the source's earliest", "bad_timestamp", timestamp="1999-12-31T23:59:59Z"),
    row("two days ahead", "timestamp_future", timestamp="2026-03-03T11:00:01Z"),
    row(
        "two days ahead once its clock is put right",
        "timestamp_future",
        timestamp="2026-03-01T11:00:00Z",
        sent_at="2026-02-27T11:00:00Z",
    ),
]

# ---- what is odd, and an event

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
    fine("20 fraction digits", "digits", timestamp="2026-03-01T11:00:00.12345678901234567890Z"),
    fine("a leap second", "second 60", timestamp="2026-03-01T10:59:60Z"),
    fine("small letters in the time", timestamp="2026-03-01t11:00:00z"),
    fine("another offset", timestamp="2026-03-01T16:30:00+05:30"),
    fine("a clock that is put right", timestamp="2020-03-01T11:00:00Z", sent_at="2020-03-01T11:00:01Z"),
    fine("integers beyond 64 bits", properties={"a": 123456789012345678901234567890}),
    fine("the largest double", properties={"a": 1.7976931348623157e308}),
    fine("a property that changes type", properties={"path": 7}),
    fine("depth 40", properties={"a": json.loads("[" * 38 + "]" * 38)}),
    fine("placeholder ids", "is no id", ids={"user": "undefined", "anonymous": " NULL "}),
    fine("an id that is true", "is no id", ids={"user": True}),
    fine("an id of 0", "is no id", ids={"user": 0}),
    fine("an id that is a number", ids={"user": 42}),
    fine("no ids", ids=...),
    fine("ids null", ids=None),
    fine("no properties", properties=...),
    fine("an undeclared kind of id", "kind not declared", ids={"email": "a@example.com"}),
    fine("unknown keys", colour="red"),
    fine("a text over two lines", properties={"path": "one\r\ntwo"}),
    fine("control characters in a text", properties={"path": "a\x00b\x1b[31m"}),
    fine("an event_id with blanks", event_id=" e 1 "),
    fine("an event_id that is a number", event_id=77),
    fine("no event_id", event_id=...),
    fine("event_id null", event_id=None, properties={"path": "/null"}),
    text("blanks around", b"  " + line(event_id="the blanks around") + b" \t", ACCEPTED),
    text("a carriage return", line(event_id="the carriage return") + b"\r", ACCEPTED),
    text(
        "blanks inside", json.dumps(event(event_id="the blanks inside"), indent=1).replace("\n", " ").encode(), ACCEPTED
    ),
    text("escapes", line(event_id="the escapes").replace(b"page_viewed", b"page\\u005fviewed"), ACCEPTED),
    text("a key twice in the properties", saying("properties", '{"a":1,"a":2}').replace(b"says ", b"the "), ACCEPTED),
    *[fine(f"{word} as text {n}", event_name=word, properties={"path": word}) for n, word in enumerate(STRANGE)],
    text("an empty line", b"", BLANK),
    text("a blank line", b" \t ", BLANK),
    text("a line of CR", b"\r", BLANK),
    row("sent again, equal", SAME, event_id="first-1"),
    row("sent again with another path", "duplicate_conflict", event_id="first-2", properties={"path": "/other"}),
    row("sent again by a later hand", SAME, event_id="first-1", sent_at="2026-03-01T11:00:01Z"),
]

FIRST = [fine(f"first {n}", event_id=f"first-{n}") for n in (1, 2)]  # they must stand before the copies
ROWS = [*NO_JSON, *NO_EVENT, *ODD]

# ---- rows that only csv can write

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
