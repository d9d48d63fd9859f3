"""Named cleaners: small exact repairs of one value, for sources that declare them (`clean: [trim, integer]`).

Each takes a JSON value (str, int, float, Decimal, bool, None, list, dict) and returns one; None stays None.
Errors: ValueError when the value is not what the cleaner repairs; the record is then quarantined as `bad_type`.
"""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_EXACT = Context(prec=1_000)
_TRUE = frozenset(["true", "yes", "y", "t", "1", "on"])
_FALSE = frozenset(["false", "no", "n", "f", "0", "off"])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is no text")
    return value


def exact_number(value: Any) -> Decimal:
    """Exact: a float is read by the digits that it is written with."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError("is no number")
    text = str(value).strip()
    if len(text) > 400 or not _NUMBER.fullmatch(text):
        raise ValueError("is no number")
    return Decimal(text)


def _whole(number: Decimal) -> int:
    if number != number.to_integral_value():
        raise ValueError("is no whole number")
    return int(number)


def integer(value: Any) -> int:
    """'00042' -> 42, '42.0' -> 42; '42.5' is an error."""
    return _whole(exact_number(value))


def cents(value: Any) -> int:
    """'2.55' -> 255, exactly; a third decimal other than 0 is an error."""
    return _whole(_EXACT.multiply(exact_number(value), 100))


def nearest_cents(value: Any) -> int:
    """'2.55' -> 255, '0.001' -> 0: rounded half to even; keep the exact amount in a property of its own."""
    return int(_EXACT.multiply(exact_number(value), 100).to_integral_value(ROUND_HALF_EVEN))


def number(value: Any) -> int | float:
    """'42' -> 42, '4.20' -> 4.2."""
    exact = exact_number(value)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def boolean(value: Any) -> bool:
    """'yes', 'TRUE', '1', 1 -> true; 'no', 'off', '0' -> false."""
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("is neither true nor false")


def trim(value: Any) -> str:
    return _text(value).strip()


def lower(value: Any) -> str:
    return _text(value).lower()


def upper(value: Any) -> str:
    return _text(value).upper()


def null_if_empty(value: Any) -> Any:
    """Blank text, [] and {} become null."""
    is_blank = isinstance(value, str) and not value.strip()
    return None if is_blank or value in ([], {}) else value


def text(value: Any) -> str:
    """42 -> '42', true -> 'true'."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        raise ValueError("is no single value")
    return str(value)


CLEANERS: dict[str, Callable[[Any], Any]] = {
    each.__name__: each
    for each in (integer, cents, nearest_cents, number, boolean, trim, lower, upper, null_if_empty, text)
}
