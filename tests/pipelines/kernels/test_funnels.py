"""The kernel of funnels against trying everything: the truth, and every mode, re-entry and option, with ties and overlaps.

What must be noticed when it is broken, in the kernel's own text run uncompiled: a window that counts from the step before,
runs that keep their first entry, ties in another order than by event id, > for >= at the window's end, one event that serves
two steps. A hold that is missing is broken in tests/assets/funnels.
"""

import random

import pytest

from pipelines.kernels.funnels import EVER, Question
from tests.pipelines.kernels import funnel_reference as reference
from tests.pipelines.kernels.funnel_broken import broken_kernel
from tests.pipelines.kernels.funnel_cases import drawn_events, drawn_question, in_order, kernel


def event_of(name: str, *steps: int) -> reference.Event:
    return reference.Event(0, name, frozenset(steps))


NOTHING = frozenset[str]()
OPTIONS = [NOTHING, *(frozenset([each]) for each in ("optional", "within", "exclusions"))]
OPTIONS += [frozenset(["optional", "within", "exclusions"])]
KINDS = [("ordered", reentry, options) for reentry in ("latest", "first", "all") for options in OPTIONS]
KINDS += [("consecutive", "latest", NOTHING), ("any_order", "all", NOTHING)]
QUESTIONS, PERSONS = 40, 25
# the last step can be served only if one of two others changes its event: the second of them, so that the first keeps a
CROSSED = (
    Question(0, (EVER,) * 4, (True,) * 4),
    [[event_of("e", 0), event_of("a", 1, 3), event_of("b", 2, 3), event_of("c", 1), event_of("d", 2)]],
)


def cases(seed: int, mode: str, reentry: str, options: frozenset[str]):
    draw = random.Random(f"{seed} {mode} {reentry} {sorted(options)}")
    if mode == "ordered" and not options:
        yield CROSSED
    for _ in range(QUESTIONS):
        question = drawn_question(draw, mode, reentry, options)
        overlaps, others = draw.choice((0, 0.3, 0.8)), mode == "consecutive" and draw.random() < 0.5
        yield question, [drawn_events(draw, question, overlaps, others=others) for _ in range(PERSONS)]


def name_of(value: object) -> str:
    return "+".join(sorted(value)) if isinstance(value, frozenset) else str(value)


@pytest.mark.parametrize(
    ("mode", "reentry", "options"),
    KINDS,
    ids=lambda value: "+".join(sorted(value)) if isinstance(value, frozenset) else value,
)
def test_attempts_are_those_of_trying_everything(mode, reentry, options, record_property):
    count = wrong = 0
    for question, persons in cases(1, mode, reentry, options):
        for events, found in zip(persons, kernel(question, persons), strict=True):
            count += 1
            wrong += in_order(found) != in_order(reference.attempts(question, events))
    record_property(
        "figures",
        f"funnel attempts, {mode} {reentry} {'+'.join(sorted(options)) or 'plain'}: cases={count} mismatches={wrong}",
    )
    assert count >= QUESTIONS * PERSONS and wrong == 0


@pytest.mark.parametrize("reentry", ["latest", "all"])
def test_the_deepest_attempt_is_the_truth(reentry, record_property):
    count = wrong = 0
    for question, persons in cases(2, "ordered", reentry, NOTHING):
        for events, found in zip(persons, kernel(question, persons), strict=True):
            count += 1
            wrong += max((each.depth for each in found), default=-1) != reference.truth(question, events)
    record_property("figures", f"funnel truth, {reentry}: cases={count} mismatches={wrong}")
    assert count >= QUESTIONS * PERSONS and wrong == 0


def test_the_order_of_rows_does_not_matter():
    for question, persons in cases(3, "ordered", "all", NOTHING):
        assert kernel(question, [events[::-1] for events in persons]) == kernel(question, persons)


def test_many_events_of_one_moment_are_matched_in_time():
    events = [reference.Event(0, f"{number:05}", frozenset([0, 1, 2])) for number in range(2000)]
    question = drawn_question(random.Random(0), "ordered", "all", NOTHING)
    (found,) = kernel(question, [events])
    assert all(len(each.reached) == min(3, question.steps) for each in found)


BROKEN = {
    "the window counts from the step before": [("min(start + plan.window,", "min(before + plan.window,")],
    "a run keeps its first entry": [("            found.entry[number - 1] = place\n", "")],
    "the window ends a moment early": [
        ("way.at[way.bounds[group]] > deadline", "way.at[way.bounds[group]] >= deadline")
    ],
    "the entry serves a second step": [("if place == taken or not (mask", "if not (mask")],
    "an event of a moment serves two steps": [
        ("            if owner == FREE:\n", "            if True:\n"),
        ("                _hand_over(desk, step, place, lo)", "                desk.matched[step] = place"),
    ],
    "a step takes the first event and keeps it": [
        ("            desk.queue[waiting] = owner\n", "            continue\n")
    ],
    "the smallest event is not preferred": [("    tried, had = 0, desk.matched[step]\n", "    return\n")],
    "a date ends no run": [("dates[found.entry[number - 1]] != dates[place]", "False")],
    "an exclusion takes nothing back": [("for step in range(keeps + 1, plan.steps)", "for step in range(0)")],
    "a step that used the event is excluded by it": [(" and not _is_used(reached, number, plan, place)", "")],
    "a passed optional step comes back": [
        ("range(passed + 1, wanted):\n        if (way", "range(1, wanted):\n        if (way")
    ],
    "each event of any order serves one fixed step": [
        ("            if (offered >> step) & 1 and via", "            if via")
    ],
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_rule_is_noticed(what):
    ask = broken_kernel(BROKEN[what])
    noticed = 0
    for kind in KINDS:
        for question, persons in cases(1, *kind):
            right = [in_order(reference.attempts(question, events)) for events in persons]
            noticed += [in_order(found) for found in kernel(question, persons, ask=ask)] != right
            if noticed:
                return
    raise AssertionError(f"{what}: nobody noticed")


def test_ties_in_another_order_are_noticed():
    assert any(
        kernel(question, persons, is_tie_broken=False) != kernel(question, persons)
        for question, persons in cases(1, "ordered", "latest", NOTHING)
    )
