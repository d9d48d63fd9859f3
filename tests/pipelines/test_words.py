"""How figures are written, in no locale but ours."""

from datetime import UTC, date, datetime

import pytest

from pipelines import words


@pytest.mark.parametrize(
    ("figure", "unit", "text"),
    [
        (None, "count", "–"),
        (0, "count", "0"),
        (1234567, "count", "1,234,567"),
        (158.5, "count", "158.5"),
        (158.0, "count", "158"),
        (0.4321, "ratio", "43.2 %"),
        (None, "ratio", "–"),
        (276.38, "seconds", "4 min 36 s"),
    ],
)
def test_a_number_is_written_by_its_unit(figure: float | None, unit: str, text: str):
    assert words.number(figure, unit) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0 s"),
        (0.25, "250 ms"),
        (7, "7 s"),
        (7.25, "7.2 s"),
        (59.97, "1 min"),
        (60, "1 min"),
        (3660, "1 h 1 min"),
        (121000, "1 d 9 h"),
        (864000, "10 d"),
    ],
)
def test_a_duration_has_at_most_two_units(seconds: float | None, text: str):
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("figure", "before", "unit", "text"),
    [
        (110, 100, "count", "+10.0 %"),
        (90, 100, "count", "−10.0 %"),
        (100, 100, "count", "±0.0 %"),
        (5, 0, "count", "+5"),
        (0.41, 0.4, "ratio", "+1.0 pt"),
        (None, 3, "count", "–"),
        (3, None, "count", "–"),
    ],
)
def test_a_change_is_in_percent_or_in_points(figure: float | None, before: float | None, unit: str, text: str):
    assert words.change(figure, before, unit) == text


def test_a_ratio_without_a_denominator_is_none():
    assert (words.ratio(1, 0), words.ratio(None, 2), words.ratio(1, None), words.ratio(1, 2)) == (None, None, None, 0.5)


def test_moments_are_told_in_the_zone_they_are_asked_in():
    moment = datetime(2026, 11, 26, 23, 30, 5, tzinfo=UTC)
    assert words.clock(moment, "Europe/Berlin") == "00:30:05"
    assert words.minute(moment, "America/New_York") == "2026-11-26 18:30"
    assert words.day(date(2026, 11, 26)) == "Thu, 26 Nov 2026"


def test_a_long_text_says_how_long_it_was():
    assert words.short("x" * 200, 5) == "\u2068xxxxx\u2069… (200 characters)"
    assert words.short("x" * 120) == "x" * 120


def test_a_control_character_becomes_a_visible_mark_and_a_line_end_does_not():
    assert words.short("a\x00b\x1bc\x85") == "a\ufffdb\ufffdc\ufffd"
    assert words.short("a\tb\nc") == "a\tb\nc"


def test_a_spark_line_has_a_sign_for_each_figure_and_a_gap_for_none():
    assert words.spark([1, None, 8, 4.5]) == "▁·█▅"
    assert (words.spark([3, 3]), words.spark([]), words.spark([None])) == ("▁▁", "", "·")


def test_a_median_is_of_what_is_known():
    assert (words.median([3, None, 1, 2]), words.median([None]), words.median([])) == (2, None, None)
