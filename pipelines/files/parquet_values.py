"""Columns of Parquet as the values of JSON: what a row says, in the words that the judge reads.

- instants (a timestamp with a zone) are RFC 3339 text in UTC, without trailing zeros; timestamps without one lack the Z
- decimals with digits behind the point are text, because numbers of JSON lose digits; those without are integers
- bytes are text where they are UTF-8; others become the same bytes in the row's JSON, and the judge says not_utf8
- NaN and Infinity stay what they are, which is no JSON, and the judge says so
- lists, structs and maps are arrays and objects; a map with a key twice is an array of pairs, so that nothing is lost
"""

import json
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.types as kinds

pc: Any = pyarrow.compute  # made at import, so no type checker knows its functions

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def json_line(row: dict[str, Any]) -> bytes:
    """One object and its line end."""
    return _encode(row).encode("utf-8", "surrogateescape") + b"\n"


def plain(array: pa.Array) -> list[Any]:
    """The values for `json_line`. Errors: NotImplementedError for a type that has no words in JSON."""
    for is_kind, read in _READERS:
        if is_kind(array.type):
            return read(array)
    raise NotImplementedError(f"type {array.type}")


def _as_they_are(array: pa.Array) -> list[Any]:
    return array.to_pylist()


def _text(array: pa.Array) -> list[str | None]:
    raw = array.cast(pa.large_binary())
    try:
        return raw.cast(pa.large_string()).to_pylist()
    except pa.ArrowInvalid:
        return [None if each is None else each.decode("utf-8", "surrogateescape") for each in raw.to_pylist()]


def _timestamps(array: pa.Array) -> list[str | None]:
    """Of both kinds the numbers count in UTC; what lies outside the calendar becomes words that are no time."""
    zulu = "" if array.type.tz is None else "Z"
    texts = array.view(pa.timestamp(array.type.unit)).cast(pa.string())
    texts = pc.replace_substring_regex(texts, r"(\.\d*?)0+$", r"\1")
    return pc.replace_substring_regex(texts, r"^([-0-9]+) ([0-9:]+(\.\d+)?)\.?$", rf"\1T\2{zulu}").to_pylist()


def _words(array: pa.Array) -> list[str | None]:
    """Dates and times of day."""
    return array.cast(pa.string()).to_pylist()


def _decimals(array: pa.Array) -> list[int | str | None]:
    is_whole = array.type.scale <= 0
    return [None if each is None else int(each) if is_whole else format(each, "f") for each in array.to_pylist()]


def _floats(array: pa.Array) -> list[float | None]:
    return array.cast(pa.float64()).to_pylist()


def _durations(array: pa.Array) -> list[int | None]:
    """In the unit of the column."""
    return array.cast(pa.int64()).to_pylist()


def _dictionary(array: pa.DictionaryArray) -> list[Any]:
    values = plain(array.dictionary)
    return [None if index is None else values[index] for index in array.indices.to_pylist()]


def _structs(array: pa.StructArray) -> list[dict[str, Any] | None]:
    names = [field.name for field in array.type]
    if len(set(names)) < len(names):
        raise NotImplementedError("a struct with two fields of one name")
    columns = [plain(column) for column in array.flatten()]
    rows = rows_of(names, columns, len(array))
    return [row if is_there else None for row, is_there in zip(rows, array.is_valid().to_pylist(), strict=True)]


def rows_of(names: list[str], columns: list[list[Any]], count: int) -> Iterable[dict[str, Any]]:
    if not columns:
        return [{} for _ in range(count)]
    return (dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True))


def _lists(array: pa.Array) -> list[list[Any] | None]:
    if not kinds.is_list(array.type) and not kinds.is_large_list(array.type):
        array = array.cast(pa.large_list(array.type.value_field))
    values = iter(plain(array.flatten()))
    lengths = pc.list_value_length(array).to_pylist()
    return [None if length is None else list(islice(values, length)) for length in lengths]


def _maps(array: pa.Array) -> list[Any]:
    pair = pa.struct([("key", array.type.key_type), ("value", array.type.item_type)])
    return [None if pairs is None else _object(pairs) for pairs in _lists(array.cast(pa.list_(pair)))]


def _object(pairs: list[dict[str, Any]]) -> dict[str, Any] | list[list[Any]]:
    found = {each["key"] if isinstance(each["key"], str) else _encode(each["key"]): each["value"] for each in pairs}
    return found if len(found) == len(pairs) else [[each["key"], each["value"]] for each in pairs]


def _extension(array: pa.ExtensionArray) -> list[Any]:
    if array.type == pa.uuid():
        return [None if each is None else str(each) for each in array.to_pylist()]
    return plain(array.storage)


def _is_text(kind: pa.DataType) -> bool:
    tests = (kinds.is_string, kinds.is_large_string, kinds.is_string_view, kinds.is_binary, kinds.is_large_binary)
    return any(test(kind) for test in (*tests, kinds.is_binary_view, kinds.is_fixed_size_binary))


def _is_list(kind: pa.DataType) -> bool:
    tests = (kinds.is_list, kinds.is_large_list, kinds.is_fixed_size_list, kinds.is_list_view, kinds.is_large_list_view)
    return any(test(kind) for test in tests)


_READERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[Any], list[Any]]], ...] = (
    (lambda kind: kinds.is_integer(kind) or kinds.is_boolean(kind) or kinds.is_null(kind), _as_they_are),
    (_is_text, _text),
    (kinds.is_floating, _floats),
    (kinds.is_timestamp, _timestamps),
    (lambda kind: kinds.is_date(kind) or kinds.is_time(kind), _words),
    (kinds.is_decimal, _decimals),
    (kinds.is_duration, _durations),
    (kinds.is_dictionary, _dictionary),
    (kinds.is_struct, _structs),
    (kinds.is_map, _maps),
    (_is_list, _lists),
    (lambda kind: isinstance(kind, pa.BaseExtensionType), _extension),
)
