"""Each condition against rows that can be judged by eye."""

from datetime import date, timedelta

import pytest

from pipelines.config.conditions import Condition
from pipelines.monitors.conditions import judge

MONDAY = date(2026, 3, 2)


def condition(**words) -> Condition:
    return Condition.model_validate(words)


def series(*values: float | None, step: int = 1) -> list[dict]:
    """One value a date, or every `step` days; the last one is of a Monday."""
    last = len(values) - 1
    return [
        {"local_date": MONDAY - timedelta(days=step * (last - n)), "value": value} for n, value in enumerate(values)
    ]


SIMPLE = [
    ({"above": 3}, {"value": 4}, None, True, 3),
    ({"above": 3}, {"value": 3}, None, False, 3),
    ({"below": 0.5}, {"value": 0.4}, None, True, 0.5),
    ({"below": 0.5}, {"value": 0.5}, None, False, 0.5),
    ({"above": 3}, {"value": None}, None, None, None),
    ({"above": "limit"}, {"value": 9, "limit": 8}, None, True, 8),
    ({"above": "limit"}, {"value": 9, "limit": None}, None, None, None),
    ({"changed": True}, {"value": 4}, 3, True, 3),
    ({"changed": True}, {"value": 4}, 4, False, 4),
    ({"changed": True}, {"value": 4}, None, False, None),
    ({"absent": True}, {"value": None}, None, True, None),
    ({"absent": True}, {"value": 0}, None, False, None),
]


@pytest.mark.parametrize(("words", "row", "before", "holds", "threshold"), SIMPLE)
def test_a_number_is_judged_by_itself(words, row, before, holds, threshold):
    found = judge(condition(**words), [row], before)
    assert (found.holds, found.threshold) == (holds, threshold)


WEEKS = [  # the same weekday of the weeks before, then this one; deviations 2, so the limit is 2 * 1.4826 * MAD
    ((10, 12, 14, 16, 18, 24), True),  # median 14, MAD 2: limit 5.93
    ((10, 12, 14, 16, 18, 19), False),
    ((10, 12, 14, 16, 18, 8), True),
    ((5, 5, 5, 5, 6), True),  # they never differed
    ((5, 5, 5, 5, 5), False),
    ((5, 6, None, 7), None),  # two weeks are no usual
    ((5, 5, 5, None), None),
]


@pytest.mark.parametrize(("values", "holds"), WEEKS)
def test_the_usual_is_the_median_of_the_same_weekday(values, holds):
    found = judge(condition(unusual={"deviations": 2}), series(*values, step=7))
    assert found.holds is holds
    assert found.history == values


def test_other_weekdays_say_nothing_of_the_usual():
    weekdays = series(*[100.0] * 6, 7.0)  # six days of one week, then Monday
    assert judge(condition(unusual={}), weekdays).holds is None


def test_a_distance_smaller_than_the_least_never_counts():
    rule = condition(unusual={"deviations": 2, "least": 3})
    assert judge(rule, series(5, 5, 5, 5, 7, step=7)).holds is False
    assert judge(rule, series(5, 5, 5, 5, 9, step=7)).holds is True


RELATIVE = [
    ({"falls": 0.3}, (10, 10, 10, 6.9), True, 7.0),
    ({"falls": 0.3}, (10, 10, 10, 7.1), False, 7.0),
    ({"rises": 0.5}, (10, 10, 10, 16), True, 15.0),
    ({"falls": 0.3, "rises": 0.5}, (10, 10, 10, 12), False, 7.0),
    ({"falls": 0.3}, (10, 10, 1), None, None),  # two dates are no period
    ({"falls": 0.3}, (0, 0, 0, 0), None, None),  # of nothing there is no share
    ({"falls": 0.3}, (99, 99, 99, 10, 10, 10, 10, 10, 10, 10, 6.9), True, 7.0),  # older than the period
]


@pytest.mark.parametrize(("words", "values", "holds", "threshold"), RELATIVE)
def test_a_fall_is_a_share_of_the_median_of_the_days_before(words, values, holds, threshold):
    found = judge(condition(relative=words | {"against": "7d"}), series(*values))
    assert found.holds is holds
    assert found.threshold == pytest.approx(threshold)
