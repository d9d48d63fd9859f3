from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.config.cleaners import CLEANERS

EXAMPLES = [
    ("integer", "00042.0", 42),
    ("integer", " -7 ", -7),
    ("integer", 42.0, 42),
    ("integer", "123456789012345678901234567890.0", 123456789012345678901234567890),
    ("cents", "2.55", 255),
    ("cents", "0.1", 10),
    ("cents", 1.15, 115),
    ("cents", "1234567890123456789012345678.01", 123456789012345678901234567801),
    ("cents", "-0.50", -50),
    ("nearest_cents", "0.001", 0),
    ("nearest_cents", "0.005", 0),
    ("nearest_cents", "0.015", 2),
    ("number", "42", 42),
    ("number", "4.20", 4.2),
    ("number", "1e3", 1000),
    ("boolean", " Yes ", True),
    ("boolean", 0, False),
    ("boolean", True, True),
    ("trim", " a ", "a"),
    ("lower", "AbC", "abc"),
    ("upper", "AbC", "ABC"),
    ("null_if_empty", "  ", None),
    ("null_if_empty", {}, None),
    ("null_if_empty", "a", "a"),
    ("text", 42, "42"),
    ("text", True, "true"),
]


@pytest.mark.parametrize(("name", "value", "cleaned"), EXAMPLES)
def test_a_cleaner_mends(name, value, cleaned):
    found = CLEANERS[name](value)
    assert found == cleaned and type(found) is type(cleaned)


NOT_MENDED = [
    ("integer", "42.5"), ("integer", "x"), ("integer", "1_000"), ("integer", "٣"), ("integer", True), ("integer", []),
    ("integer", "nan"), ("integer", "1e999999999"), ("integer", "9" * 500), ("cents", "0.001"), ("cents", "$2"),
    ("number", "infinity"), ("boolean", "maybe"), ("trim", 7), ("lower", None), ("text", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), NOT_MENDED)
def test_what_a_cleaner_cannot_mend_is_an_error(name, value):
    with pytest.raises(ValueError):
        CLEANERS[name](value)


@given(st.integers(min_value=-(10**25), max_value=10**25))
def test_cents_are_exact(cents):
    assert CLEANERS["cents"](str(Decimal(cents).scaleb(-2))) == cents
