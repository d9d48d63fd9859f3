"""Strict JSON, one record at a time: the exact value, or the precise reason why it is none.

Source: RFC 8259. orjson is the judge of the grammar; the standard library then gives integers exactly and sees repeated
keys. Measured: msgspec lets 1e400 and bad UTF-8 pass inside raw parts, orjson rounds integers beyond 64 bits, and neither
sees a key given twice.
"""

import json
import math
import re
from typing import Any

import orjson

from pipelines.envelope import RecordRefused, Unreadable

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


class Twice(dict):
    """An object in which `key` was given more than once; it holds the last value."""

    key: str


def parse(raw: bytes, max_depth: int) -> Any:
    """The value. Objects with a repeated key are `Twice`.

    Errors: RecordRefused not_utf8, too_deep, number_out_of_range, not_json; memory stays bounded by the input's size.
    """
    text = decode(raw)
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _refusal(raw, text, max_depth, error) from error
    if depth_of(value) > max_depth:
        raise _too_deep(max_depth)
    return _DECODER.decode(text)


def decode(raw: bytes) -> str:
    """UTF-8 only. Errors: RecordRefused not_utf8, with the place."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("not_utf8", f"byte {raw[error.start]:#04x} at {error.start} is no UTF-8") from error


def depth_of(value: Any) -> int:
    """How deeply objects and arrays nest: 0 for a number, 1 for []. No recursion."""
    depth, level = 0, [value] if isinstance(value, dict | list) else []
    while level:
        depth += 1
        inside = [each.values() if type(each) is dict else each for each in level]
        level = [value for values in inside for value in values if type(value) is dict or type(value) is list]
    return depth


def _nests_deeper(raw: bytes, max_depth: int) -> bool:
    """The same of text that does not parse: brackets outside strings."""
    depth = 0
    for byte in re.sub(rb"[^\[\]{}]+", b"", _STRING.sub(b"", raw)):
        depth += 1 if byte in b"[{" else -1
        if depth > max_depth:
            return True
    return False


def _too_deep(max_depth: int) -> RecordRefused:
    return RecordRefused("too_deep", f"nested deeper than {max_depth}")


def _refusal(raw: bytes, text: str, max_depth: int, error: orjson.JSONDecodeError) -> RecordRefused:
    """A number beyond a double's range is valid JSON, and a reason of its own."""
    if _nests_deeper(raw, max_depth):
        return _too_deep(max_depth)
    try:
        _FINITE.decode(text)
    except OverflowError:
        return RecordRefused("number_out_of_range", "a number is beyond what a double holds")
    except (ValueError, RecursionError):
        pass
    return Unreadable("not_json", str(error))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = Twice(found)
    keys = [key for key, _ in pairs]
    twice.key = next(key for key in keys if keys.count(key) > 1)
    return twice


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise OverflowError
    return value


def _finite_integer(text: str) -> int:
    if len(text) > 308:
        _finite(text)
    return 0


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object)
_FINITE = json.JSONDecoder(parse_float=_finite, parse_int=_finite_integer, parse_constant=_no_constant)
