"""Whole columns of RFC 3339 times in the usual layouts -> int64 microseconds. What is not usual is left to timestamps.py.

Usual: 2026-03-01T12:00:00Z with 0, 3 or 6 digits of a second, upper case, UTC. Source: days from a civil date after
Howard Hinnant's `days_from_civil`, on arrays.
"""

import numpy as np

LAYOUTS = {20: 0, 24: 3, 27: 6}  # characters: digits of the fraction
_PUNCTUATION = {4: "-", 7: "-", 10: "T", 13: ":", 16: ":"}
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)


def read_column(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """(int64 microseconds, bool is_read); what was not read is 0, False."""
    moments, is_read = np.zeros(len(texts), np.int64), np.zeros(len(texts), bool)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    for length, digits in LAYOUTS.items():
        rows = np.flatnonzero(lengths == length)
        if len(rows):
            chosen = texts if len(rows) == len(texts) else [texts[row] for row in rows]
            moments[rows], is_read[rows] = _read_layout("".join(chosen), length, digits)
    return moments, is_read


def _read_layout(joined: str, length: int, digits: int) -> tuple[np.ndarray, np.ndarray]:
    if not joined.isascii():
        nothing = np.zeros(len(joined) // length, np.int64)
        return nothing, nothing.astype(bool)
    columns = np.frombuffer(joined.encode(), np.uint8).reshape(-1, length).T.copy()
    is_read = columns[length - 1] == ord("Z")
    marks = _PUNCTUATION | {19: "."} if digits else _PUNCTUATION
    for place, mark in marks.items():
        is_read &= columns[place] == ord(mark)
    columns -= ord("0")
    for place in range(length - 1):
        if place not in marks:
            is_read &= columns[place] < 10
    return _moments(columns, digits, is_read)


def _number(columns: np.ndarray, start: int, size: int) -> np.ndarray:
    value = columns[start].astype(np.int64)
    for place in range(start + 1, start + size):
        value = value * 10 + columns[place]
    return value


def _moments(columns: np.ndarray, digits: int, is_read: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    year, month, day = _number(columns, 0, 4), _number(columns, 5, 2), _number(columns, 8, 2)
    hour, minute, second = (_number(columns, start, 2) for start in (11, 14, 17))
    fraction = _number(columns, 20, digits) * 10 ** (6 - digits) if digits else 0
    is_read &= (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (hour < 24) & (minute < 60) & (second < 60)
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    is_read &= day <= _DAYS[np.where(is_read, month, 0)] + ((month == 2) & is_leap)
    seconds = _days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
    return np.where(is_read, seconds * 1_000_000 + fraction, 0), is_read


def _days(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Days since 1970-01-01; the year starts in March here, so a leap day is its last."""
    year = year - (month <= 2)
    era, of_era = year // 400, year % 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
