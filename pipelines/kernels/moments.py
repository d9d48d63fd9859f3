"""RFC 3339 times in the usual layouts -> microseconds since 1970. What is not usual is left to pipelines.judge.timestamps.

Usual: 2026-03-01T12:00:00.123+01:00, upper case, with up to six digits of a second, and Z or an offset. Source: days from a
civil date after Howard Hinnant's `days_from_civil`.
"""

from pipelines.kernels.compiled import helper
from pipelines.kernels.json_hash import digits
from pipelines.kernels.memory import byte

UNREAD = -(2**62)
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999  # years 1 to 9999
_DAYS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SCALE = (1_000_000, 100_000, 10_000, 1_000, 100, 10, 1)


@helper
def moment(at, size):
    """Microseconds, or UNREAD."""
    if size < 20 or not is_punctuated(at):
        return UNREAD
    year, month, day = number(at, 4), number(at + 5, 2), number(at + 8, 2)
    hour, minute, second = number(at + 11, 2), number(at + 14, 2), number(at + 17, 2)
    places = digits(at + 20) if byte(at + 19) == ord(".") else 0
    zone = at + 20 + places if places else at + 19
    east = offset(zone, at + size - zone)
    if year < 1 or not 1 <= month <= 12 or not 0 <= hour < 24 or not 0 <= minute < 60 or not 0 <= second < 60:
        return UNREAD
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if places > 6 or east == UNREAD or not 1 <= day <= _DAYS[month] + (month == 2 and is_leap):
        return UNREAD
    seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - east
    found = seconds * 1_000_000 + number(at + 20, places) * _SCALE[places]
    return found if _FIRST <= found <= _LAST else UNREAD


@helper
def is_punctuated(at):
    dashes = byte(at + 4) == ord("-") and byte(at + 7) == ord("-") and byte(at + 10) == ord("T")
    return dashes and byte(at + 13) == ord(":") and byte(at + 16) == ord(":")


@helper
def offset(at, size):
    """Seconds east of UTC, of Z or +01:00; UNREAD if it is neither."""
    sign = byte(at)
    if size == 1 and sign == ord("Z"):
        return 0
    if size != 6 or (sign != ord("+") and sign != ord("-")) or byte(at + 3) != ord(":"):
        return UNREAD
    hours, minutes = number(at + 1, 2), number(at + 4, 2)
    if not 0 <= hours < 24 or not 0 <= minutes < 60:
        return UNREAD
    east = hours * 3_600 + minutes * 60
    return east if sign == ord("+") else -east


@helper
def number(at, size):
    """Negative if a byte is no digit."""
    total = bad = 0
    for place in range(at, at + size):
        digit = byte(place) - ord("0")
        bad |= digit | (9 - digit)  # negative as soon as one is
        total = total * 10 + digit
    return total if bad >= 0 else -1


@helper
def days(year, month, day):
    """Since 1970-01-01; the year starts in March here, so a leap day is its last."""
    year -= month <= 2
    era, of_era = year // 400, year % 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
