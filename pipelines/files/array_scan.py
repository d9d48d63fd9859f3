"""Where one element of a JSON array ends: found by brackets and strings alone, or said to be in doubt.

Nothing else is judged here: an element may hold NaN, comments or single quotes, its boundaries are certain nevertheless.
They are not where brackets do not match, where a string holds a line break (it may as well have lost its closing quote),
or where a backslash stands outside a string (the quote behind it may open one or not).
Source: one regular expression passes whole elements at 100 MB/s; only what nests deeper is taken bracket by bracket.
"""

import re

SPACE = re.compile(rb"[ \t\r\n]*+")
SPACES = b" \t\r\n"

_STRING_REST = rb'[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+'
_STRING = rb'"' + _STRING_REST + rb'"'
_STRINGS = _STRING + rb"(?:[:,] ?+" + _STRING + rb")*+"  # in a row: faster than one by one
_MOST_OPEN = 1 << 20  # brackets: they are remembered, a byte each
_CLOSING = {ord("{"): ord("}"), ord("["): ord("]")}


class Doubt(Exception):
    """The end of this element cannot be told; the words say why."""


def _run(depth: int, plain: bytes = rb'[^"\\\[\]{}]++', strings: bytes = _STRINGS) -> bytes:
    """Matches all that is balanced, down to `depth`."""
    parts = [plain, strings]
    if depth:
        inside = _run(depth - 1)
        parts += [rb"\{" + inside + rb"\}", rb"\[" + inside + rb"\]"]
    return rb"(?:" + rb"|".join(parts) + rb")*+"


_AT_TOP = re.compile(_run(4, rb'[^"\\\[\]{},]++', _STRING))
_INSIDE = re.compile(_run(3))
_REST = re.compile(_STRING_REST)


class ElementScan:
    """Passes one element, piece by piece. `start`, `at`: places in the bytes at hand; `move` them when these move."""

    def __init__(self, start: int) -> None:
        self.start = self.at = start
        self._closers = bytearray()  # those that are still to come
        self._is_in_string = False

    @property
    def is_open(self) -> bool:
        """Is it plain that the element goes on?"""
        return self._is_in_string or bool(self._closers)

    def move(self, by: int) -> None:
        self.start += by
        self.at += by

    def run(self, data: bytes) -> bool:
        """True: data[at] is the comma or bracket behind the element; False: more bytes are needed. Errors: Doubt."""
        while not self._is_in_string or self._leave_string(data):
            found = (_INSIDE if self._closers else _AT_TOP).match(data, self.at)
            self.at = found.end() if found else self.at
            if self.at == len(data):
                return False
            if not self._closers and data[self.at] in b",]":
                return True
            self._pass(data[self.at])
        return False

    def _pass(self, byte: int) -> None:
        if byte == ord('"'):
            self._is_in_string = True
        elif byte in _CLOSING and len(self._closers) < _MOST_OPEN:
            self._closers.append(_CLOSING[byte])
        elif self._closers and byte == self._closers[-1]:
            self._closers.pop()
        else:
            raise Doubt(_words(byte))
        self.at += 1

    def _leave_string(self, data: bytes) -> bool:
        """False: it does not end here yet."""
        found = _REST.match(data, self.at)
        self.at = found.end() if found else self.at
        rest = data[self.at : self.at + 2]
        if not rest or rest == b"\\":
            return False
        if not rest.startswith(b'"'):
            raise Doubt("a string holds a line break, or its closing quote is missing")
        self.at += 1
        self._is_in_string = False
        return True


def _words(byte: int) -> str:
    if byte == ord("\\"):
        return "a backslash stands outside a string"
    if byte in _CLOSING:
        return f"more than {_MOST_OPEN} brackets are open"
    return f"'{chr(byte)}' closes what is not open there"
