"""Histories that are easy to get wrong, each named by what makes it so; they are judged like any other."""

import pytest

from tests.laws.judgement import judge
from tests.laws.known import HISTORIES


@pytest.mark.parametrize("history", HISTORIES, ids=lambda each: each.__name__)
def test_known_history(history):
    judge(history())
