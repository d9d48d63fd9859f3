"""RFC 3339 times in the usual layouts -> microseconds since 1970. What is not usual is left to pipelines.judge.timestamps.

Usual: 2026-03-01T12:00:00Z with 0, 3 or 6 digits of a second, upper case, UTC. Source: days from a civil date after
Howard Hinnant's `days_from_civil`.
"""

from pipelines.kernels.compiled import helper
from pipelines.kernels.memory import byte

UNREAD = -(2**62)
_DAYS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@helper
def moment(at, size):
    """Microseconds, or UNREAD."""
    places = 0 if size == 20 else size - 21
    if (size != 20 and size != 24 and size != 27) or not is_punctuated(at, size):
        return UNREAD
    year, month, day = number(at, 4), number(at + 5, 2), number(at + 8, 2)
    hour, minute, second = number(at + 11, 2), number(at + 14, 2), number(at + 17, 2)
    fraction = number(at + 20, places) * (1_000 if places == 3 else 1)
    if year < 1 or not 1 <= month <= 12 or not 0 <= hour < 24 or not 0 <= minute < 60 or not 0 <= second < 60:
        return UNREAD
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if fraction < 0 or not 1 <= day <= _DAYS[month] + (month == 2 and is_leap):
        return UNREAD
    return (days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000_000 + fraction


@helper
def is_punctuated(at, size):
    dashes = byte(at + 4) == ord("-") and byte(at + 7) == ord("-") and byte(at + 10) == ord("T")
    colons = byte(at + 13) == ord(":") and byte(at + 16) == ord(":")
    point = size == 20 or byte(at + 19) == ord(".")
    return dashes and colons and point and byte(at + size - 1) == ord("Z")


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
