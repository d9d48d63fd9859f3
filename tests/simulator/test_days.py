"""Local days have 23, 24 or 25 hours, and every hour of them is drawn."""

from datetime import date

import pytest

from simulator.days import HOUR, Calendar, micros
from simulator.dice import Dice
from tests.simulator.world import moment


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 29), "Europe/Berlin", 23),
        (date(2026, 10, 25), "Europe/Berlin", 25),
        (date(2026, 10, 26), "Europe/Berlin", 24),
        (date(2026, 4, 5), "Australia/Lord_Howe", 24.5),
    ],
)
def test_a_local_day_is_as_long_as_its_zone_says(day: date, zone: str, hours: float) -> None:
    calendar = Calendar(day, 1, zone)
    assert calendar.ends_at - calendar.starts_at == hours * HOUR
    dice = Dice("hours")
    moments = [calendar.moment(dice, 0, "flat") for _ in range(500)]
    assert all(calendar.starts_at <= at < calendar.ends_at and at % 1000 == 0 for at in moments)
    assert {(at - calendar.starts_at) // HOUR for at in moments} == set(range(round(hours + 0.4)))


def test_until_is_the_last_local_date_included() -> None:
    calendar = Calendar(date(2026, 3, 31), 5, "Europe/Berlin")
    assert [each.date.day for each in calendar.days] == [27, 28, 29, 30, 31]
    assert calendar.starts_at == micros(moment("2026-03-27T00:00:00+01:00"))
    assert calendar.ends_at == micros(moment("2026-04-01T00:00:00+02:00"))


def test_a_time_leads_to_its_day() -> None:
    calendar = Calendar(date(2026, 10, 28), 30, "Europe/Berlin")
    for number, day in enumerate(calendar.days):
        assert calendar.number_of(day.starts_at) == calendar.number_of(day.ends_at - 1) == number
    assert calendar.number_of(0) == 0
    assert calendar.number_of(calendar.ends_at + HOUR) == 29
