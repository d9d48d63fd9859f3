"""The funnel's panels ask funnels.bests; what they count is what the definition says of all attempts."""

from datetime import UTC, date, datetime, timedelta

import pytest

from assets.dashboards.boards import boards_of
from pipelines.grafana.asking import asked
from pipelines.grafana.engines import DUCKDB
from pipelines.grafana.macros import Range
from tests.assets.dashboards.conftest import LAST

DATES = [LAST - timedelta(days=back) for back in range(9, -1, -1)]
STEPS = "funnel, person_id, step_number, entered_at, reached_at"


def by_definition(first: date, last: date) -> str:
    """A person's deepest attempt that was entered in the period, of equally deep ones the latest entry."""
    return f"""
        select {STEPS}
        from funnels.attempts
        where entered_date between date '{first}' and date '{last}'
        qualify rank() over (
            partition by funnel, person_id order by deepest_step desc, entered_at desc, hold, entry_rank desc
        ) = 1"""


def by_bests(
    first: date, last: date, more: str = "better_after_date is null or better_after_date > date '{last}'"
) -> str:
    return f"""
        select {STEPS}
        from funnels.bests
        where local_date between date '{first}' and date '{last}'
            and (better_before_date is null or better_before_date < date '{first}') and ({more.format(last=last)})"""


def differing(files, one: str, other: str) -> int:
    rows = f"({one} except all {other}) union all ({other} except all {one})"
    return files.answer(f"select count(*) from ({rows})").rows[0][0]


def test_in_any_period_a_person_counts_by_their_deepest_attempt(files):
    periods = [(first, last) for first in DATES for last in DATES if first <= last]
    assert not {period for period in periods if differing(files, by_definition(*period), by_bests(*period))}


def test_a_better_attempt_later_in_the_period_is_not_forgotten(files):
    assert differing(files, by_definition(DATES[0], LAST), by_bests(DATES[0], LAST, more="true"))


@pytest.mark.parametrize("grain", ["day", "week", "month"])
@pytest.mark.parametrize("dates", [DATES, DATES[2:7]], ids=["all", "some"])
def test_the_trend_counts_the_distinct_persons_of_each_period(files, house, grain, dates):
    noon = [datetime(each.year, each.month, each.day, 12, tzinfo=UTC) for each in (dates[0], dates[-1])]
    [sql] = [
        target["rawSql"]
        for panel in boards_of(house.config.house, DUCKDB)["funnel"]["panels"]
        for target in panel["targets"]
        if panel["title"] == "Entered and came through"
    ]
    funnels = [row[0] for row in files.answer("select distinct funnel from funnels.attempts order by 1").rows]
    assert funnels
    for funnel in funnels:
        text = asked(DUCKDB, sql, {"funnel": funnel, "segment": "all", "grain": grain}, Range(*noon))
        expected = f"""
            select date_trunc('{grain}', entered_date) as period,
                count(distinct case when step_number = 1 then person_id end),
                count(distinct case when is_last then person_id end)
            from funnels.attempts
            where funnel = '{funnel}' and entered_date between date '{dates[0]}' and date '{dates[-1]}'
            group by 1 order by 1"""
        counts = [row[1:] for row in files.answer(text).rows]
        assert counts == [row[1:] for row in files.answer(expected).rows]
