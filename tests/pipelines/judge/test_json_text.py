"""The strict reader against the standard library: what is accepted is the same value, and what is refused is not JSON."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.envelope import RecordRefused
from pipelines.judge.json_text import Twice, depth_of, parse


def strictly(text: str):
    """Python's reader, made as strict as RFC 8259 and without numbers that no double holds. Errors: ValueError."""

    def refuse(constant: str):
        raise ValueError(constant)

    def finite(number: str) -> float:
        if math.isinf(value := float(number)):
            raise ValueError(number)
        return value

    value = json.loads(text, parse_constant=refuse, parse_float=finite)
    json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate is no text
    return value


alphabet = st.sampled_from([*'{}[]":,0123456789.eE+-\\u /btruefalsn \t', "\\ud83d", "\\ude00", "é", "1e400", "NaN"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None)
@given(values.map(json.dumps) | st.lists(alphabet, max_size=12).map("".join) | st.text(max_size=5))
def test_accepted_is_equal_refused_is_no_json(text):
    try:
        expected = strictly(text)
    except ValueError:
        with pytest.raises(RecordRefused):
            parse(text.encode("utf-8", "surrogatepass"), 40)
        return
    assert repr(parse(text.encode(), 40)) == repr(expected)


@given(values)
def test_depth(value):
    def recursive(value) -> int:
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return 0 if inside is None else 1 + max(map(recursive, inside), default=0)

    assert depth_of(value) == recursive(value)


def test_a_repeated_key_is_seen_and_a_repeated_value_is_not():
    twice = parse(b'{"a":{"b":1,"b":2},"c":[{"d":1},{"d":1}]}', 40)
    assert type(twice) is dict and type(twice["a"]) is Twice and twice["a"].key == "b"
    assert type(twice["c"][0]) is dict


@pytest.mark.parametrize(
    "text", ["[" * 500 + "]" * 500, '{"a":' * 90_000, "[" * 41 + "]" * 41, '["]",' * 41 + "1" + "]" * 41]
)
def test_too_deep(text):
    with pytest.raises(RecordRefused) as refused:
        parse(text.encode(), 40)
    assert refused.value.reason == "too_deep"


def test_brackets_in_texts_are_no_depth():
    assert parse(b'["' + b"[{" * 500 + b'"]', 40)
