"""Whether a number is one that somebody must know. Pure: what it needs of earlier looks and dates is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any, TypeAlias

from pipelines.config.conditions import Condition, Relative, Unusual

Row: TypeAlias = dict[str, Any]
MAD_TO_DEVIATION = 1.4826  # of a normal distribution
FEWEST = 3  # numbers that a median is worth anything of
DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Judged:
    """holds: None where there is no number to judge. threshold: what the value was held against. history: earlier values."""

    value: float | None
    threshold: float | None
    holds: bool | None
    history: tuple[float | None, ...] = ()


def judge(condition: Condition, rows: Sequence[Row], before: float | None = None) -> Judged:
    """rows: of one instance; of a series the last one, by local_date, is judged. before: the value of the look before."""
    if condition.unusual:
        return _unusual(condition.unusual, _series(rows))
    if condition.relative:
        return _relative(condition.relative, _series(rows))
    row = rows[-1]
    value = _number(row["value"])
    if condition.absent:
        return Judged(value, None, value is None)
    if value is None:
        return Judged(None, None, None)
    if condition.changed:
        return Judged(value, before, before is not None and value != before)
    return _compared(condition, row, value)


def _compared(condition: Condition, row: Row, value: float) -> Judged:
    is_above = condition.above is not None
    given = condition.above if is_above else condition.below
    threshold = _number(row[given]) if isinstance(given, str) else given
    if threshold is None:
        return Judged(value, None, None)
    return Judged(value, threshold, value > threshold if is_above else value < threshold)


def _unusual(rule: Unusual, series: list[tuple[date, float | None]]) -> Judged:
    last, value = series[-1]
    apart = {(last - day).days: number for day, number in series[:-1]}
    same = [apart.get(7 * week) for week in range(1, rule.weeks + 1)]
    known = [number for number in same if number is not None]
    if value is None or len(known) < FEWEST:
        return Judged(value, None, None, _history(series))
    middle = median(known)
    spread = median(abs(number - middle) for number in known) * MAD_TO_DEVIATION
    limit = max(rule.deviations * spread, rule.least)
    threshold = middle + limit if value >= middle else middle - limit
    return Judged(value, threshold, abs(value - middle) > limit, _history(series))


def _relative(rule: Relative, series: list[tuple[date, float | None]]) -> Judged:
    last, value = series[-1]
    known = [
        number for day, number in series[:-1] if number is not None and 0 < (last - day).days * DAY <= rule.against
    ]
    usual = median(known) if len(known) >= FEWEST else None
    if value is None or not usual:  # of nothing there is no share
        return Judged(value, None, None, _history(series))
    low = usual * (1 - rule.falls) if rule.falls is not None else None
    high = usual * (1 + rule.rises) if rule.rises is not None else None
    is_low, is_high = low is not None and value < low, high is not None and value > high
    return Judged(value, high if is_high or low is None else low, is_low or is_high, _history(series))


def _series(rows: Sequence[Row]) -> list[tuple[date, float | None]]:
    return sorted((row["local_date"], _number(row["value"])) for row in rows)


def _history(series: list[tuple[date, float | None]]) -> tuple[float | None, ...]:
    return tuple(number for _, number in series)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
