"""The hash of JSON against its description in plain Python, and what the strict reading accepts."""

import json
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.envelope import canonical_json
from pipelines.kernels.json_hash import LEVELS, MOST_KEYS, address, canonical_hash, value
from pipelines.kernels.memory import padded
from tests.pipelines.kernels.reference import of_json

NUMBER = r"-?(0|[1-9]\d{0,18})(\.\d{1,18})?([eE][+-]?\d{1,2})?"

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=40)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=20), inner, max_size=5),
    max_leaves=20,
)


@numba.njit
def _strictly(data, size, room):
    frames, keys, scratch = np.empty((LEVELS, 5), np.uint64), np.empty(4 * MOST_KEYS, np.uint64), np.empty_like(data)
    at, found = value(address(data), True, room, frames, keys, address(scratch))
    return found if at == address(data) + size else np.uint64(0)


def strictly(text: bytes, room: int = 40) -> int | None:
    """The hash, or None where the strict reading leaves it to others."""
    return int(_strictly(padded(text + b"\n"), len(text), room)) or None


GOLDEN = {
    "{}": 0xFE331B91226103D4,
    "[]": 0x71867703131EDC9F,
    '""': 0xFACB31BE1ACA6B16,
    '"exactly sixteen."': 0xEF7B590B4BF38E93,
    '"one longer than sixteen"': 0xE5DE3D6B197E1D68,
    "null": 0x763C25B42AD18C4E,
    "true": 0x4A151395D65D8C23,
    "-12.5": 0xC7FAA87DCE5CE4B9,
    '["page_viewed","2026-03-01T12:00:00Z",{"user":"u-1"},{"a":[1,{"b":null}]},{}]': 0x162B0B3C678A64AC,
}


@pytest.mark.parametrize("text", GOLDEN)
def test_stored_hashes_never_change(text):
    assert canonical_hash(text.encode()) == strictly(text.encode()) == GOLDEN[text]


@settings(max_examples=400, deadline=None)
@given(values)
def test_it_is_what_its_description_says(said):
    text = canonical_json(said)
    assert canonical_hash(text) == of_json(text)


@settings(max_examples=400, deadline=None)
@given(values, st.booleans(), st.sampled_from([None, 1]), st.randoms())
def test_spacing_escapes_and_the_order_of_keys_say_nothing(said, is_ascii, indent, random):
    text = json.dumps(_shuffled(said, random), ensure_ascii=is_ascii, indent=indent).replace("\n", " \t\r")
    found = strictly(text.encode(errors="surrogatepass"))
    assert found in (None, canonical_hash(canonical_json(said)))


def _shuffled(said: Any, random: Any) -> Any:
    if isinstance(said, list):
        return [_shuffled(each, random) for each in said]
    if not isinstance(said, dict):
        return said
    items = list(said.items())
    random.shuffle(items)
    return {key: _shuffled(each, random) for key, each in items}


def _changed(said: Any, change: Any) -> list[Any]:
    """The same value with one leaf, key or place changed, in all ways."""
    if isinstance(said, list):
        inner = [[*said[:at], new, *said[at + 1 :]] for at, each in enumerate(said) for new in _changed(each, change)]
        return [*inner, [*said, change], said[1:] if said else [change]]
    if isinstance(said, dict):
        inner = [{**said, key: new} for key, each in said.items() for new in _changed(each, change)]
        fewer = [{each: said[each] for each in said if each != key} for key in said]
        renamed = [{(f"{each}\0" if each == key else each): said[each] for each in said} for key in said]
        return [*inner, *fewer, *renamed]
    return [change]


def collisions(said: Any, change: Any, hash_of: Callable[[bytes], int]) -> int:
    texts = {canonical_json(each) for each in [said, *_changed(said, change)]}
    return len(texts) - len({hash_of(text) for text in texts})


@settings(max_examples=200, deadline=None)
@given(values, scalars)
def test_every_leaf_every_key_and_every_place_counts(said, change):
    assert not collisions(said, change, canonical_hash)


def test_weaker_hashes_are_caught():
    """The control: one that looks at lengths, one that adds up the items of an array, one that forgets a bit."""
    assert collisions({"a": "b"}, "c", len)
    assert collisions([[1, 2], [2, 1]], [1, 2], lambda text: sum(text))
    assert canonical_hash(b'{"a":"b"}') ^ 1 != of_json('{"a":"b"}')


@settings(max_examples=2000, deadline=None)
@given(st.from_regex(NUMBER, fullmatch=True))
def test_a_number_that_is_accepted_is_its_own_canonical_form(token):
    if strictly(token.encode()) is not None:
        assert canonical_json(json.loads(token)).decode() == token


@pytest.mark.parametrize(
    "token", ["0", "-1", "12345678901234567890123", "0.5", "1.0", "100.0", "-12.25", "0.001", "99999999999999.5", "0.0"]
)
def test_usual_numbers_are_accepted(token):
    assert strictly(token.encode()) == of_json(token)


@pytest.mark.parametrize(
    "text",
    [
        *("-0", "-0.0", "1e5", "1E5", "1.50", "0.10", "1.", ".5", "01", "-", "+1", "0.00001", "123456789012345678.5"),
        *("1" * 32, "nul", "tru", "falsy", "True", "NaN", "Infinity", "1 2", "", " ", "\x0b1"),
        *(
            "[1,]",
            "[,1]",
            "[1 2]",
            "{,}",
            '{"a"}',
            '{"a":}',
            '{"a":1,}',
            "{a:1}",
            "{'a':1}",
            "[1}",
            '{"a":1]',
            "[",
            "]",
        ),
        *('"a', '"\t"', '"\\x"', '"\\u12"', '"\\ud800"', '"\\udc00"', '"\\ud800\\u0041"', '"\\u 041"', '"\x7f\x1f"'),
        *('{"a":1,"a":1}', '{"b":{"a":1,"\\u0061":1}}', '[{"a":1},{"a":1,"b":2,"a":3}]'),
        *("[" * 41 + "]" * 41, '{"a":' * 41 + "1" + "}" * 41, "[" * 100_000),
        "{" + ",".join(f'"{n}":1' for n in range(MOST_KEYS + 1)) + "}",
    ],
)
def test_what_is_not_plainly_clean_is_left_to_others(text):
    assert strictly(text.encode(errors="surrogatepass")) is None


def test_limits_are_what_they_are():
    for text in ("[" * 40 + "]" * 40, '{"a":' * 40 + "1" + "}" * 40):
        assert strictly(text.encode()) == of_json(text)
        assert strictly(text.encode(), room=39) is None
    many = "{" + ",".join(f'"{n}":1' for n in range(MOST_KEYS)) + "}"
    assert strictly(many.encode()) == of_json(many)
    assert strictly(f"[{many},{many},{many},{many},{many}]".encode()) is not None  # only open objects count


def test_canonical_text_is_never_refused_for_what_it_says():
    for said in ("[" * 600 + "]" * 600, '{"a":1e16,"b":1.7976931348623157e308}', "[1e+16,-0.0,1e-07,NaN]"):
        assert canonical_hash(said.encode())
    with pytest.raises(ValueError, match="no canonical JSON"):
        canonical_hash(b'{"a"')
