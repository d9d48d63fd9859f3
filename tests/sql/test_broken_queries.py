"""Negative controls: the scenarios must catch a query that was broken on purpose, or their silence means nothing."""

from dataclasses import replace

import pytest

from pipelines.warehouse import base_tables
from tests.sql.scenario import run
from tests.sql.test_scenarios import HERE

# table, what it says, what it would say wrongly, the rule that is broken then
BROKEN = [
    (
        "stages.periods",
        "> config.inactive_after_us as is_return",
        ">= config.inactive_after_us as is_return",
        "a_silence_of_fifteen_days_is_borne_and_a_microsecond_more_is_not",
    ),
    (
        "stages.periods",
        "max(last_at) as last_at, list(",
        "max(first_at) as last_at, list(",
        "many_actions_on_one_date_are_one_date",
    ),
    (
        "stages.periods",
        "epoch_us(max(last_at) over before)",
        "epoch_us(max(first_at) over before)",
        "a_silence_of_fifteen_days_is_borne_and_a_microsecond_more_is_not",
    ),
    (
        "stages.periods",
        "list(first_at order by first_at)",
        "list(last_at order by last_at)",
        "the_second_date_makes_active_at_its_first_meaningful_action",
    ),
    (
        "stages.periods",
        "max(dated.date_there) over in_order",
        "dated.date_there",
        "no_stage_is_entered_on_a_date_before",
    ),
    (
        "funnels.standings",
        "deeper.depth = ranked.deepest_step + 1",
        "deeper.depth = ranked.deepest_step",
        "a_better_date_before_or_after_is_told",
    ),
    (
        "funnels.standings",
        "over (partition by funnel, person_id, depth order",
        "over (partition by funnel, person_id, deepest_step order",
        "a_better_date_before_or_after_is_told",
    ),
    (
        "stages.current",
        "told.left_at > position.as_of",
        "told.left_at >= position.as_of",
        "a_stage_is_entered_at_its_moment",
    ),
    ("stages.daily", "left_date - 1", "left_date", "every_date_has_the_stage_at_its_end"),
    ("metrics.stages", "where entered_at <= today.as_of", "", "what_happens_after_now_does_not_count_yet"),
    ("metrics.stages", "case when left_at <= today.as_of then left_date end", "left_date", "what_happens_after_now"),
    ("journeys.cohorts", "entry = 'each' or", "", "each_target_action_makes_one_where_config_says_so"),
    (
        "metrics.retention",
        "came.last_at > cohorts.entered_at",
        "came.last_at >= cohorts.entered_at",
        "a_return_is_later_than",
    ),
    (
        "metrics.retention",
        "done.occurred_at > cohorts.",
        "done.occurred_at >= cohorts.",
        "a_rolling_period_is_24_hours",
    ),
    (
        "metrics.retention",
        "max(entered_at) as last_entered_at",
        "min(entered_at) as last_entered_at",
        "a_rolling_period_is_over",
    ),
    (
        "metrics.stickiness",
        "select distinct wanted.stickiness",
        "select wanted.stickiness",
        "a_persons_dates_in_a_period",
    ),
]


@pytest.fixture(scope="module")
def base(house):
    return base_tables(house.config)


@pytest.fixture(scope="module")
def models(house):
    return house.models


@pytest.mark.parametrize(("table", "right", "wrong", "rule"), BROKEN)
def test_a_scenario_catches(table, right, wrong, rule, models, base):
    model = models[table]
    assert model.text.count(right) == 1
    (folder,) = HERE.joinpath(*table.split(".")).glob(f"{rule}*")
    with pytest.raises(AssertionError):
        expected, found = run(replace(model, text=model.text.replace(right, wrong)), models, base, folder)
        assert found == expected
