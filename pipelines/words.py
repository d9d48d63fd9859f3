"""How figures are written, in messages and on pages: the filters of their templates. None is a dash, which is not zero."""

import re
import statistics
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

Number = int | float | None

NONE = "–"
SPARKS, GAP = "▁▂▃▄▅▆▇█", "·"
MOST_LETTERS = 120
ISOLATE, END_ISOLATE = "\u2068", "\u2069"  # what stands between them turns nothing behind it from right to left
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


def number(figure: Number, unit: str = "count") -> str:
    if figure is None:
        return NONE
    if unit == "ratio":
        return f"{figure * 100:.1f} %"
    if unit == "seconds":
        return duration(figure)
    return f"{figure:,.0f}" if figure == int(figure) else f"{figure:,.1f}"


def duration(seconds: Number) -> str:
    """At most two units, the larger one first."""
    if seconds is None:
        return NONE
    if 0 < seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    seconds = round(seconds, 1)
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds == int(seconds) else f"{seconds:.1f} s"
    for size, name, part, part_name in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            rest = int(seconds % size // part)
            return f"{int(seconds // size):,} {name}" + (f" {rest} {part_name}" if rest else "")
    raise AssertionError(seconds)


def change(figure: Number, before: Number, unit: str = "count") -> str:
    """The difference, in points for ratios and in percent of `before` for the rest. From zero there is no percent."""
    if figure is None or before is None:
        return NONE
    difference = figure - before
    sign = "+" if difference > 0 else "−" if difference < 0 else "±"
    if unit == "ratio":
        return f"{sign}{abs(difference) * 100:.1f} pt"
    if before:
        return f"{sign}{abs(difference) / abs(before) * 100:.1f} %"
    return f"{sign}{number(abs(difference), unit)}"


def ratio(part: Number, whole: Number) -> float | None:
    """None without a denominator."""
    return None if part is None or not whole else part / whole


def day(local_date: date) -> str:
    """In English, whatever the machine's locale."""
    weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[local_date.weekday()]
    return f"{weekday}, {short_day(local_date)} {local_date.year}"


def short_day(local_date: date) -> str:
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{local_date.day} {months[local_date.month - 1]}"


def local(moment: datetime, zone: str) -> datetime:
    """Errors: ValueError for a moment without a zone, which would be read in the machine's."""
    if moment.tzinfo is None:
        raise ValueError(f"the moment {moment} has no zone")
    return moment.astimezone(ZoneInfo(zone))


def clock(moment: datetime, zone: str) -> str:
    return f"{local(moment, zone):%H:%M:%S}"


def minute(moment: datetime, zone: str) -> str:
    return f"{local(moment, zone):%Y-%m-%d %H:%M}"


def short(text: object, most: int = MOST_LETTERS) -> str:
    """The beginning of a text that no page has room for, and how long it is; control characters become a visible mark."""
    whole = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", str(text))
    return whole if len(whole) <= most else f"{ISOLATE}{whole[:most]}{END_ISOLATE}… ({len(whole):,} characters)"


UNITS = {"_seconds": "seconds", "_ratio": "ratio", "_count": "count"}


def value_of(column: str, value: object, zone: str) -> str:
    """As the column's suffix says what it is; a number without one may be an id, and stays as it is."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return minute(value, zone)
    unit = next((unit for suffix, unit in UNITS.items() if column.endswith(suffix)), None)
    if unit is None or isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return short(value)
    return number(float(value), unit)


def spark(history: Sequence[Number]) -> str:
    """A line of text: one sign a figure, from the smallest to the largest; a gap is a dot."""
    known = [figure for figure in history if figure is not None]
    low, span = (min(known), max(known) - min(known)) if known else (0, 0)
    return "".join(GAP if figure is None else _spark(figure - low, span) for figure in history)


def _spark(above: float, span: float) -> str:
    return SPARKS[round(above / span * (len(SPARKS) - 1))] if span else SPARKS[0]


def median(history: Sequence[Number]) -> Number:
    """Of what is known; None where nothing is."""
    known = [figure for figure in history if figure is not None]
    return statistics.median(known) if known else None


FILTERS = (spark, median, number, duration, change, ratio, day, short_day, local, clock, minute, short)
