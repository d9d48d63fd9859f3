"""The law of the house: any split of the input into batches, in any order, gives the tables of one build from nothing."""

import os

import pytest
from hypothesis import HealthCheck, given, settings

from tests.laws.histories import histories
from tests.laws.judgement import judge

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)
HISTORIES = int(os.environ.get("HISTORIES", "2000"))  # of `make soak`


@pytest.mark.timeout(900)  # each history is lived twice: minutes where the cores are shared
@settings(max_examples=10, deadline=None, suppress_health_check=SLOW)
@given(histories())
def test_any_history_gives_the_tables_of_one_build(history):
    judge(history, publishes=True)


@pytest.mark.soak
@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=SLOW)
@given(histories(longest=40, stops=6))
def test_thousands_of_histories_give_the_tables_of_one_build(history):
    judge(history, publishes=True)
