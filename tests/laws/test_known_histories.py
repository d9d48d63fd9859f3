"""Histories that are easy to get wrong, each named by what makes it so; they are judged like any other."""

import time

import pytest

from tests.laws.judgement import judge
from tests.laws.known import HISTORIES


@pytest.mark.parametrize("history", HISTORIES, ids=lambda each: each.__name__)
def test_known_history(history):
    judge(history())


def test_the_zone_of_the_machine_is_never_read(monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    try:
        judge(HISTORIES[0]())
    finally:
        monkeypatch.undo()
        time.tzset()
