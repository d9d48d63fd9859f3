"""The figures of the weekly report, on attempts that can be counted by eye."""

from datetime import date, datetime, timedelta

import duckdb
import pytest

from pipelines.config import load_config
from pipelines.reports.dates import span_of
from pipelines.settings import Settings

STEPS = ("visited", "signed_up", "deployed")
MONDAY = datetime(2026, 11, 16, 9)  # noqa: DTZ001 # the report is of its week; the week before begins on the 9th
COLUMNS = """funnel varchar, person_id varchar, entered_at timestamp, entered_date date, hold varchar, entry_rank bigint,
    entry_event_number bigint, step_number bigint, step_name varchar, reached_at timestamp, previous_reached_at timestamp"""


def attempt(person: str, entered_at: datetime, *hours: float) -> list[tuple]:
    """hours: from the entry to each further step."""
    moments = [entered_at, *(entered_at + timedelta(hours=each) for each in hours)]
    about = ("onboarding", person, entered_at, entered_at.date(), None, 0, int(entered_at.timestamp()))
    return [
        (*about, number, STEPS[number - 1], moment, moments[number - 2] if number > 1 else None)
        for number, moment in enumerate(moments, 1)
    ]


def days(count: float) -> datetime:
    return MONDAY + timedelta(days=count)


ATTEMPTS = [
    attempt("ann", days(0), 1, 3),
    attempt("bob", days(1), 2, 10),
    attempt("bob", days(3)),  # a later, shallower one: his deepest counts
    attempt("eve", days(2)),
    attempt("dan", days(6), 1, 40),  # deployed when the week was over
    attempt("old", days(-7), 1, 2),
    attempt("lou", days(-6), 1, 24 * 10),  # deployed in the week after
    attempt("moe", days(-5)),
    attempt("mia", days(7), 1, 2),  # not yet
]


@pytest.fixture(scope="module")
def steps() -> list[dict]:
    report = load_config(Settings().config_folder).reports["weekly_funnel"]
    with duckdb.connect() as connection:
        connection.execute(f"create schema funnels; create table funnels.attempts ({COLUMNS})")
        rows = [row for each in ATTEMPTS for row in each]
        connection.executemany(f"insert into funnels.attempts values ({', '.join('?' * 11)})", rows)
        parameters = span_of(report, date(2026, 11, 16), "UTC").parameters()
        used = {name: value for name, value in parameters.items() if f"${name}" in report.queries["steps"]}
        found = connection.execute(report.queries["steps"], used)
        columns = [column[0] for column in found.description or []]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def test_persons_are_counted_by_their_deepest_attempt_of_the_week(steps):
    assert [(each["step_name"], each["person_count"]) for each in steps] == [
        ("visited", 4),  # ann, bob, eve, dan
        ("signed_up", 3),
        ("deployed", 2),
    ]


def test_the_week_before_is_counted_by_what_was_reached_at_its_own_end(steps):
    assert [each["before_count"] for each in steps] == [3, 2, 1]  # old, lou, moe; of them old deployed in time


def test_the_conversion_is_that_of_the_step_before(steps):
    assert [each["ratio"] for each in steps] == [None, 3 / 4, 2 / 3]
    assert [each["before_ratio"] for each in steps] == [None, 2 / 3, 1 / 2]


def test_the_time_to_convert_is_from_the_step_before_and_from_the_entry(steps):
    assert [each["median_seconds"] for each in steps[1:]] == [3600, 5 * 3600]  # 1, 2, 1 hours; 2 and 8 hours
    assert [each["whole_median_seconds"] for each in steps[1:]] == [3600, 6.5 * 3600]  # of ann 3 hours, of bob 10
