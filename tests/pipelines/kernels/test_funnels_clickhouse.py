"""The kernel of funnels against ClickHouse's windowFunnel, for what both know.

Levels per person in ordered mode: `strict_once`, for its default lets one event serve several steps. Consecutive among all:
`strict_order`, which never starts again and lets a step repeat, so persons have one entry and no event twice.
"""

import random
from dataclasses import replace

import pytest

from pipelines.kernels.funnels import EVER, Question
from tests.pipelines.kernels.clickhouse import levels
from tests.pipelines.kernels.funnel_cases import drawn_events, drawn_question, kernel
from tests.pipelines.kernels.funnel_reference import Event

PERSONS = 1_000
START = 1_790_000_000_000_000  # 2026-09-21, microseconds


def drawn(seed: int, steps: int, window: int, reentry: str, overlaps: float) -> tuple[Question, list[list[Event]]]:
    draw = random.Random(seed)
    question = Question(window, (EVER,) * steps, (True,) * steps, (), "ordered", reentry)
    persons = [drawn_events(draw, question, overlaps, count=12) for _ in range(PERSONS)]
    return question, [[replace(event, at=START + event.at) for event in person] for person in persons]


@pytest.mark.parametrize("reentry", ["latest", "all"])
def test_levels_are_those_of_clickhouse(tmp_path, reentry, record_property):
    count = wrong = tied = 0
    for seed, (steps, window) in enumerate([(2, 0), (2, 3), (3, 2), (3, 5), (4, 4), (5, 7), (6, 7)]):
        question, persons = drawn(seed, steps, window, reentry, (0.0, 0.3, 0.8)[seed % 3])
        ours = [max((each.depth for each in found), default=-1) + 1 for found in kernel(question, persons)]
        theirs = levels(tmp_path, question, persons, "strict_once")
        count += len(ours)
        tied += sum(len({event.at for event in person}) < len(person) for person in persons)
        wrong += sum(a != b for a, b in zip(ours, theirs, strict=True))
    record_property(
        "figures", f"funnel levels against ClickHouse, {reentry}: cases={count} ties={tied} mismatches={wrong}"
    )
    assert count >= 7 * PERSONS and tied > count / 2 and wrong == 0


def test_consecutive_steps_are_those_of_clickhouse(tmp_path, record_property):
    draw = random.Random(4)
    question = replace(drawn_question(draw, "consecutive", "latest", frozenset()), window=5)
    persons = [_one_of_each(draw, question) for _ in range(5 * PERSONS)]
    ours = [max(each.depth for each in found) + 1 for found in kernel(question, persons)]
    theirs = levels(tmp_path, question, persons, "strict_order")
    wrong = sum(a != b for a, b in zip(ours, theirs, strict=True))
    record_property("figures", f"consecutive levels against ClickHouse: cases={len(ours)} mismatches={wrong}")
    assert wrong == 0


def _one_of_each(draw: random.Random, question: Question) -> list[Event]:
    """Distinct moments: for ClickHouse an event that is no step comes first of its moment, for us last."""
    moments = draw.sample(range(10), question.steps + 2)
    steps = [frozenset([step]) for step in range(question.steps)] + [frozenset[int](), frozenset[int]()]
    return [
        Event(START + at, str(number), each, is_other=not each)
        for number, (at, each) in enumerate(zip(moments, steps, strict=True))
    ]
