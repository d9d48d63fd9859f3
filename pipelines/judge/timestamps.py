"""Strict times: text or a number as a source writes it -> microseconds since 1970, UTC, and a note if it was mended.

One value at a time, every case; pipelines.judge.timestamp_columns reads whole columns of the usual layouts.
Source: RFC 3339; Python's datetime is only trusted with parts that were checked here.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.config.sources import EPOCHS, Time
from pipelines.envelope import RecordRefused
from pipelines.moments import micros

Moment = tuple[int, tuple[str, ...]]  # microseconds UTC, notes

CUT = "digits beyond microseconds cut"
LEAP = "second 60 became the next second"
OVERLAP = "local time occurs twice, first one taken"
GAP = "local time does not exist, shifted forward"

_RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_TYPED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?", re.ASCII)  # as parquet_values writes it
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,30})?", re.ASCII)
_LONG_FRACTION = re.compile(r"(?<=\.)(\d{6})\d+", re.ASCII)
FIRST, LAST = (
    -62_135_596_800_000_000,
    253_402_300_799_999_999,
)  # years 1 to 9999, where calendars begin and end


def bad(what: str) -> RecordRefused:
    return RecordRefused("bad_timestamp", what)


def time_reader(time: Time, has_types: bool = False) -> Callable[[Any], Moment]:
    """A function that reads one value as the source declares. Its errors: RecordRefused bad_timestamp, bad_type.

    has_types: the source's files know times of their own, written as RFC 3339 whatever is declared for numbers and text.
    """
    zone = ZoneInfo(time.zone) if time.zone else None
    read, read_typed = _declared(time.format, zone), _declared("rfc3339", zone)
    if not has_types:
        return read
    return lambda value: (read_typed if isinstance(value, str) and _TYPED.fullmatch(value) else read)(value)


def _declared(declared: str, zone: ZoneInfo | None) -> Callable[[Any], Moment]:
    if declared in EPOCHS:
        return lambda value: _epoch(value, declared)
    read = _rfc3339 if declared == "rfc3339" else _pattern(declared)
    return lambda value: _in_calendar(read(_text(value, declared), zone), value)


def _in_calendar(moment: Moment, text: str) -> Moment:
    if not FIRST <= moment[0] <= LAST:
        raise bad(f"'{text:.60}' lies outside the years 1 to 9999 in UTC")
    return moment


def _text(value: Any, declared: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise bad(f"is the number {value!r:.40}, but the source declares '{declared}'; declare the epoch's unit")
    raise RecordRefused("bad_type", f"is no text but {type(value).__name__}")


def _rfc3339(text: str, zone: ZoneInfo | None) -> Moment:
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise bad(f"'{text:.60}' is no RFC 3339 time such as 2026-03-01T12:00:00Z")
    *parts, fraction, offset = match.groups()
    year, month, day, hour, minute, second = map(int, parts)
    notes = (LEAP,) if second == 60 else ()
    moment = _wall_clock(text, year, month, day, hour, minute, 59 if second == 60 else second)
    extra = (1_000_000 if second == 60 else 0) + int((fraction or "0")[:6].ljust(6, "0"))
    if fraction and len(fraction) > 6:
        notes += (CUT,)
    if offset is None:
        start, more = _local(moment, zone, text)
        return start + extra, notes + more
    return micros(moment) + extra - _offset(offset, text), notes


def _wall_clock(text: str, year: int, month: int, day: int, hour: int, minute: int, second: int) -> datetime:
    """The parts as they stand; UTC only until the offset is known."""
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise bad(f"'{text:.60}': {error}") from error


def _offset(offset: str, text: str) -> int:
    """'+05:30' -> microseconds."""
    if offset in "Zz":
        return 0
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    if hours > 23 or minutes > 59:
        raise bad(f"'{text:.60}': no offset is {offset}")
    size = (hours * 3600 + minutes * 60) * 1_000_000
    return -size if offset[0] == "-" else size


def _local(moment: datetime, zone: ZoneInfo | None, text: str) -> Moment:
    if zone is None:
        raise bad(f"'{text:.60}' carries no offset from UTC; declare time.zone of the source")
    first, second = moment.replace(tzinfo=zone), moment.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset() or timedelta(), second.utcoffset() or timedelta()
    notes = () if before == after else (OVERLAP,) if before > after else (GAP,)
    return micros(moment.replace(tzinfo=UTC)) - before // timedelta(microseconds=1), notes


def _epoch(value: Any, unit: str) -> Moment:
    """Integers, decimals, or their text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RecordRefused("bad_type", f"is no number but {type(value).__name__}")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise RecordRefused("number_out_of_range", "is an integer beyond 64 bits")
    text = format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)
    if not _NUMBER.fullmatch(text):
        raise bad(f"'{text:.60}' is no number of {unit.removeprefix('epoch_')}")
    exact = Decimal(text) * EPOCHS[unit]
    moment = int(exact)
    if not 0 <= moment <= LAST:
        raise bad(f"{text:.60} {unit.removeprefix('epoch_')} lies outside 1970 to 9999; is that the unit?")
    return moment, (CUT,) if moment != exact else ()


def _pattern(pattern: str) -> Callable[[str, ZoneInfo | None], Moment]:
    def read(text: str, zone: ZoneInfo | None) -> Moment:
        cut = _LONG_FRACTION.sub(r"\1", text) if "%f" in pattern else text
        notes = (CUT,) if cut != text else ()
        moment, leap = _parse(cut, pattern)
        if moment.tzinfo is not None:
            return micros(moment) + leap, notes + ((LEAP,) if leap else ())
        start, more = _local(moment, zone, text)
        return start + leap, notes + ((LEAP,) if leap else ()) + more

    return read


def _parse(text: str, pattern: str) -> tuple[datetime, int]:
    """(the moment, microseconds to add): second 60 is read as second 59 and one more."""
    if not text.isascii():
        raise bad(f"'{text:.60}' is not written as {pattern}")
    try:
        return datetime.strptime(text, pattern), 0  # noqa: DTZ007 - the zone is applied by the caller
    except ValueError as error:
        if (moment := _leap_second(text, pattern)) is None:
            raise bad(f"'{text:.60}' is not written as {pattern}") from error
        return moment, 1_000_000


def _leap_second(text: str, pattern: str) -> datetime | None:
    if "%S" not in pattern or "60" not in text:
        return None
    for match in re.finditer("60", text):
        mended = text[: match.start()] + "59" + text[match.end() :]
        try:
            moment = datetime.strptime(mended, pattern)  # noqa: DTZ007
        except ValueError:
            continue
        return moment if moment.second == 59 else None
    return None
