"""Funnels and events drawn small and narrow, so that ties, overlaps and events on the edge of a window are the rule."""

import random
from dataclasses import replace

import numpy as np

from pipelines.kernels import funnels
from pipelines.kernels.funnels import EVER, NONE, OTHER_BIT, Question
from pipelines.kernels.order import Order
from tests.pipelines.kernels.funnel_reference import Attempt, Event


def drawn_question(draw: random.Random, mode: str, reentry: str, options: frozenset[str]) -> Question:
    steps = draw.randint(2, 4)
    inner = [draw.random() < 0.5 for _ in range(steps - 2)] if "optional" in options else []
    required = (True, *(not each for each in inner), True) if inner else (True,) * steps
    within = tuple(draw.choice((EVER, 1, 2, 3)) if "within" in options and n else EVER for n in range(steps))
    question = Question(draw.choice((0, 2, 3, 5)), within, required, (), mode, reentry)
    return replace(question, exclusions=_drawn_exclusions(draw, required)) if "exclusions" in options else question


def _drawn_exclusions(draw: random.Random, required: tuple[bool, ...]) -> tuple[tuple[int, int], ...]:
    need = [step for step, each in enumerate(required) if each]
    return tuple(
        (need[i], need[j]) for i, j in [sorted(draw.sample(range(len(need)), 2)) for _ in range(draw.randint(1, 2))]
    )


def drawn_events(
    draw: random.Random, question: Question, overlaps: float, count: int = 7, others: bool = False
) -> list[Event]:
    """Few moments, days of four units; step 1 overlaps others only where re-entry is not `latest`, or by accident."""
    events = []
    for number in range(draw.randint(1, count)):
        steps = {draw.randrange(question.steps)}
        if draw.random() < overlaps:
            steps.add(draw.randrange(question.steps))
        exclusions = frozenset(n for n in range(len(question.exclusions)) if draw.random() < 0.15)
        if (exclusions and draw.random() < 0.5) or (others and draw.random() < 0.2):
            steps = set()
        at, is_other = draw.randrange(8), others and (not steps or draw.random() < 0.5)
        name = f"{draw.randrange(100):02}-{number}"
        events.append(Event(at, name, frozenset(steps), exclusions, at // 4, is_other))
    return events


def kernel(
    question: Question, persons: list[list[Event]], is_tie_broken: bool = True, ask=funnels.attempts
) -> list[list[Attempt]]:
    """What the compiled loop says of each person."""
    events = [event for person in persons for event in person]
    groups = np.repeat(np.arange(len(persons)), [len(person) for person in persons])
    at, dates = (np.array([getattr(event, name) for event in events], np.int64) for name in ("at", "date"))
    order = Order(groups, at, len(persons))
    if is_tie_broken:
        rank = np.argsort(np.argsort([event.event_id for event in events], kind="stable"))
        order.break_ties(lambda rows: rank[rows])
    found = ask(question, order, at, np.array([_mask(question, event) for event in events], np.int64), dates)
    answers: list[list[Attempt]] = [[] for _ in persons]
    for first, entry, ends, reached in zip(found.first, found.entry, found.ends, found.reached, strict=True):
        steps = {step: events[row].event_id for step, row in enumerate(reached.tolist()) if row != NONE}
        answers[groups[entry]].append(Attempt(events[first].event_id, events[entry].event_id, steps, int(ends)))
    return answers


def _mask(question: Question, event: Event) -> int:
    bits = [
        *event.steps,
        *(question.steps + each for each in event.exclusions),
        *([OTHER_BIT] if event.is_other else []),
    ]
    return sum(1 << bit for bit in bits)


def in_order(attempts: list[Attempt]) -> list[Attempt]:
    return sorted(attempts, key=lambda attempt: attempt.entry)
