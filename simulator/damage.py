"""Broken records: what goes wrong on real wires, each with the one reason code that it must get."""

from collections.abc import Callable

from simulator.days import DAY
from simulator.dice import Dice, Weighted
from simulator.envelope import encode, stamp

Body = dict[str, object]
_NOT_OBJECTS = (b"[1]", b"null", b'"x"', b"7")
_BAD_TIMES = (
    "2026-02-30T10:00:00Z",
    "2026-10-01T25:00:00Z",
    "infinity",
    "now",
    "01/02/2026",
    "1970-01-01T00:00:00Z",
)


def damage(record: Body, received_at: int, dice: Dice) -> tuple[bytes, str]:
    """The record's line after a random damage, and the reason code it must be refused with."""
    reason, breaks = dice.draw(_DRAW)
    return breaks(record, received_at, dice), reason


def _cut(record: Body, received_at: int, dice: Dice) -> bytes:
    """Never within a character, or it would not be UTF-8 before it is no JSON."""
    line = encode(record)
    return line[: dice.between(20, len(line) - 2)].decode(errors="ignore").encode()


def _not_a_number(record: Body, received_at: int, dice: Dice) -> bytes:
    token = dice.pick((b"NaN", b"Infinity"))
    return encode({**record, "properties": {"score": "#"}}).replace(b'"#"', token)


def _trailing_comma(record: Body, received_at: int, dice: Dice) -> bytes:
    return encode(record)[:-1] + b",}"


def _single_quotes(record: Body, received_at: int, dice: Dice) -> bytes:
    return encode(record).replace(b'"', b"'")


def _two_on_a_line(record: Body, received_at: int, dice: Dice) -> bytes:
    return encode(record) + encode(record)


def _raw_control_byte(record: Body, received_at: int, dice: Dice) -> bytes:
    return encode({**record, "properties": {"note": "#"}}).replace(b'"#"', b'"a\x01b"')


def _lone_surrogate(record: Body, received_at: int, dice: Dice) -> bytes:
    return encode({**record, "properties": {"note": "#"}}).replace(b'"#"', b'"\\ud83d"')


def _not_utf8(record: Body, received_at: int, dice: Dice) -> bytes:
    return encode({**record, "properties": {"note": "#"}}).replace(b'"#"', b'"caf\xe9 \xff"')


def _not_object(record: Body, received_at: int, dice: Dice) -> bytes:
    return dice.pick(_NOT_OBJECTS)


def _too_deep(record: Body, received_at: int, dice: Dice) -> bytes:
    return encode({**record, "properties": {"deep": "#"}}).replace(b'"#"', b"[" * 200 + b"]" * 200)


def _same_key_twice(record: Body, received_at: int, dice: Dice) -> bytes:
    return b'{"event_name":"page_viewed",' + encode(record)[1:]


def _no_field(record: Body, received_at: int, dice: Dice) -> bytes:
    lost = dice.pick(("event_name", "timestamp"))
    return encode({key: value for key, value in record.items() if key != lost})


def _wrong_type(record: Body, received_at: int, dice: Dice) -> bytes:
    return encode({**record, **dice.pick(({"event_name": 42}, {"ids": "none at all"}, {"properties": [1, 2]}))})


def _long_name(record: Body, received_at: int, dice: Dice) -> bytes:
    return encode({**record, "event_name": "x" * 10_000})


def _bad_time(record: Body, received_at: int, dice: Dice) -> bytes:
    return encode({**record, "timestamp": dice.pick(_BAD_TIMES)})


def _future(record: Body, received_at: int, dice: Dice) -> bytes:
    """At least forty days ahead: beyond any clock error, whether or not that is corrected first."""
    return encode({**record, "timestamp": stamp(received_at + dice.between(40, 4000) * DAY)})


Breaks = Callable[[Body, int, Dice], bytes]
DAMAGES: tuple[tuple[tuple[str, Breaks], int], ...] = (
    (("not_json", _cut), 20),
    (("not_json", _not_a_number), 8),
    (("not_json", _trailing_comma), 4),
    (("not_json", _single_quotes), 4),
    (("not_json", _two_on_a_line), 3),
    (("not_json", _raw_control_byte), 3),
    (("not_json", _lone_surrogate), 3),
    (("not_utf8", _not_utf8), 6),
    (("not_object", _not_object), 6),
    (("too_deep", _too_deep), 2),
    (("duplicate_key", _same_key_twice), 6),
    (("missing_field", _no_field), 12),
    (("bad_type", _wrong_type), 10),
    (("size_violation", _long_name), 3),
    (("bad_timestamp", _bad_time), 14),
    (("timestamp_future", _future), 8),
)
_DRAW = Weighted(DAMAGES)
REASONS = tuple(sorted({reason for (reason, _), _ in DAMAGES}))
