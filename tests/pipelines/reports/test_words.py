"""Numbers as people read them."""

import pytest
from jinja2 import UndefinedError

from pipelines.reports.words import change, local, number, percent, render, seconds, spark, template_mistake


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (276.38, "4 min 36 s"),
        (3600, "1 h"),
        (11_520, "3 h 12 min"),
        (446_400, "5 d 4 h"),
    ],
)
def test_a_length_has_two_units_at_most(value, text):
    assert seconds(value) == text


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (112, 100, "+12 (+12 %)"),
        (80, 100, "-20 (-20 %)"),
        (5, 5, "±0"),
        (5, 0, "+5"),
        (None, 3, "–"),
        (3, None, "–"),
        (1.5, 1.0, "+0.5 (+50 %)"),
    ],
)
def test_a_change_is_told_with_its_share(now, before, text):
    assert change(now, before) == text


def test_no_value_is_a_dash_and_not_a_zero():
    assert (number(None), percent(None), seconds(None), local(None, "UTC")) == ("–",) * 4
    assert (number(1234), number(0), number(1234.56), percent(0.1234)) == ("1,234", "0", "1,234.6", "12.3 %")


def test_a_spark_line_has_a_sign_for_each_value_and_a_gap_for_none():
    assert spark([1, None, 8, 4.5]) == "▁·█▅"
    assert (spark([3, 3]), spark([]), spark([None])) == ("▁▁", "", "·")


def test_a_moment_is_shown_in_the_zone_of_the_report():
    assert local("2026-10-25T00:30:00Z", "Europe/Berlin") == "2026-10-25 02:30"
    assert local("2026-10-25T01:30:00Z", "Europe/Berlin") == "2026-10-25 02:30"  # the hour that comes twice


def test_a_message_is_plain_text_and_a_wrong_name_is_no_empty_place():
    assert render("{{ n | number }} <b> & {{ t }}", "UTC", n=1000, t="<i>") == "1,000 <b> & <i>"
    with pytest.raises(UndefinedError):
        render("{{ nothing }}", "UTC")
    assert template_mistake("{% if %}") and template_mistake("{{ a | no_such_filter }}")
    assert template_mistake("{{ a | change(b) }}") is None
