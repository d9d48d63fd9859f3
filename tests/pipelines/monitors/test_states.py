"""The state machine of an instance: each step by eye, and every sequence by its laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.monitors.states import ERROR, FIRING, NORMAL, PENDING, RESOLVED, TOLD, Instance, Rules, reset, step

AT_ONCE, PATIENT = Rules(), Rules(wait=10, keep=5)

# (rules, state, since, last bad, verdict, now) -> state
STEPS = [
    (AT_ONCE, NORMAL, 0, 0, "bad", 1, FIRING),
    (AT_ONCE, FIRING, 1, 1, "bad", 2, FIRING),
    (AT_ONCE, FIRING, 1, 2, "good", 3, RESOLVED),
    (AT_ONCE, RESOLVED, 3, 2, "good", 4, RESOLVED),
    (AT_ONCE, RESOLVED, 3, 2, "bad", 4, FIRING),
    (AT_ONCE, FIRING, 1, 1, "keep", 9, FIRING),
    (AT_ONCE, NORMAL, 0, 0, "keep", 9, NORMAL),
    (PATIENT, NORMAL, 0, 0, "bad", 1, PENDING),
    (PATIENT, PENDING, 1, 5, "bad", 10, PENDING),
    (PATIENT, PENDING, 1, 5, "bad", 11, FIRING),
    (PATIENT, PENDING, 1, 5, "good", 11, NORMAL),
    (PATIENT, PENDING, 1, 5, "keep", 99, PENDING),
    (PATIENT, FIRING, 11, 20, "good", 24, FIRING),
    (PATIENT, FIRING, 11, 20, "good", 25, RESOLVED),
    (PATIENT, RESOLVED, 25, 20, "bad", 26, PENDING),
    (PATIENT, PENDING, 30, 30, "bad", 20, PENDING),  # the clock went back
]


@pytest.mark.parametrize(("rules", "state", "since", "held_at", "verdict", "now", "expected"), STEPS)
def test_a_step(rules, state, since, held_at, verdict, now, expected):
    assert step(rules, Instance(state, since, held_at), verdict, now).state == expected


def test_what_was_pending_begins_anew_after_a_time_without_looks():
    pending = Instance(PENDING, 1, 5)
    assert step(PATIENT, pending, "bad", 999) == Instance(FIRING, 999, 999)
    assert step(PATIENT, pending, "bad", 999, missed=True) == Instance(PENDING, 999, 999)


def test_what_fires_stays_firing_after_a_time_without_looks():
    assert step(PATIENT, Instance(FIRING, 1, 5), "bad", 999, missed=True) == Instance(FIRING, 1, 999)


def test_a_clock_that_went_back_does_not_keep_it_firing():
    after = step(PATIENT, Instance(FIRING, 100, 1000), "good", 200)
    assert after == Instance(FIRING, 100, 200) and step(PATIENT, after, "good", 205).state == RESOLVED


def test_trouble_has_a_state_of_its_own():
    assert step(AT_ONCE, Instance(), "bad", 1, fires_as=ERROR).state == ERROR
    assert step(AT_ONCE, Instance(ERROR, 1, 1), "good", 2).state == RESOLVED


def test_a_reset_ends_what_was_told_and_forgets_what_was_pending():
    ends = {state: reset(Instance(state, 1, 1), 9).state for state in (FIRING, ERROR, PENDING, NORMAL, RESOLVED)}
    assert ends == {FIRING: RESOLVED, ERROR: RESOLVED, PENDING: NORMAL, NORMAL: NORMAL, RESOLVED: RESOLVED}


VERDICTS = st.lists(
    st.tuples(st.sampled_from(["bad", "good", "keep"]), st.integers(-20, 20), st.booleans()), max_size=60
)
RULES = st.builds(Rules, st.sampled_from([0, 10]), st.sampled_from([0, 15]))


@given(RULES, VERDICTS)
def test_told_and_resolved_alternate_whatever_comes(rules, looks):
    instance, now, changes = Instance(), 1000, []
    for verdict, later, missed in looks:
        now += later
        after = step(rules, instance, verdict, now, missed=missed)
        if after.state != instance.state:
            changes.append(after.state)
        instance = after
    ends = [state for state in changes if state in (*TOLD, RESOLVED)]
    assert ends == [FIRING, RESOLVED] * (len(ends) // 2) + [FIRING] * (len(ends) % 2)


@given(RULES, VERDICTS)
def test_it_fires_only_after_it_was_bad_for_the_whole_wait(rules, looks):
    instance, now, bad_since = Instance(), 1000, None
    for verdict, later, missed in looks:
        now += abs(later)
        before, instance = instance, step(rules, instance, verdict, now, missed=missed)
        if verdict == "good":
            bad_since = None
        if verdict == "bad":
            bad_since = now if bad_since is None or (missed and rules.wait and before.state not in TOLD) else bad_since
        if instance.state == FIRING != before.state:
            assert bad_since is not None and now - bad_since >= rules.wait
