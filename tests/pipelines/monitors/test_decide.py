"""What is said, case by case, and for every sequence of looks: nothing is said twice, nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.monitors.decide import FIRST, NOTHING, REPEAT, RESOLVE, UPDATE, Said, decide, shown

DAY = 86_400


def said(kind: str, firing: str = "", at: int = 0) -> Said:
    return Said(kind, at, frozenset(firing))


# (what was last said, what fires, what of it is muted, seconds since, acknowledged) -> what is said; repeat: a day
CASES = [
    ("nothing was said and nothing fires", None, "", "", 0, False, NOTHING),
    ("nothing was said and one fires", None, "a", "", 0, False, FIRST),
    ("nothing was said and two fire", None, "ab", "", 0, False, FIRST),
    ("nothing was said and one that fires is muted", None, "a", "a", 0, False, NOTHING),
    ("nothing was said and one of two is muted", None, "ab", "a", 0, False, FIRST),
    ("it was resolved and nothing fires", said(RESOLVE), "", "", 9, False, NOTHING),
    ("it was resolved and fires again", said(RESOLVE), "a", "", 9, False, FIRST),
    ("it was resolved and fires again, muted", said(RESOLVE), "a", "a", 9, False, NOTHING),
    ("it was said and still fires", said(FIRST, "a"), "a", "", 9, False, NOTHING),
    ("it was said and is over", said(FIRST, "a"), "", "", 9, False, RESOLVE),
    ("it was said and is over while acknowledged", said(FIRST, "a"), "", "", 9, True, RESOLVE),
    ("another one fires too", said(FIRST, "a"), "ab", "", 9, False, UPDATE),
    ("another one fires too, while acknowledged", said(FIRST, "a"), "ab", "", 9, True, UPDATE),
    ("another one fires too, muted", said(FIRST, "a"), "ab", "b", 9, False, NOTHING),
    ("one of two is over", said(FIRST, "ab"), "a", "", 9, False, UPDATE),
    ("one of two is over, the other muted", said(FIRST, "ab"), "a", "a", 9, False, NOTHING),
    ("one is over and another fires", said(FIRST, "a"), "b", "", 9, False, UPDATE),
    ("it was updated and still fires", said(UPDATE, "ab"), "ab", "", 9, False, NOTHING),
    ("it was updated and is over", said(UPDATE, "ab"), "", "", 9, False, RESOLVE),
    ("it is muted after it was said", said(FIRST, "a"), "a", "a", 9, False, NOTHING),
    ("it was told, is muted, and another one fires", said(FIRST, "a"), "ab", "a", 9, False, UPDATE),
    ("the repeat is not due", said(FIRST, "a"), "a", "", DAY - 1, False, NOTHING),
    ("the repeat is due", said(FIRST, "a"), "a", "", DAY, False, REPEAT),
    ("the repeat is due many times over", said(FIRST, "a"), "a", "", 9 * DAY, False, REPEAT),
    ("the repeat is due after a repeat", said(REPEAT, "a"), "a", "", DAY, False, REPEAT),
    ("the repeat is due, muted", said(FIRST, "a"), "a", "a", DAY, False, NOTHING),
    ("the repeat is due, acknowledged", said(FIRST, "a"), "a", "", DAY, True, NOTHING),
    ("the repeat is due and another one fires", said(FIRST, "a"), "ab", "", DAY, False, UPDATE),
    ("the repeat is due and it is over", said(FIRST, "a"), "", "", DAY, False, RESOLVE),
    ("the clock went back", said(FIRST, "a"), "a", "", -3 * DAY, False, NOTHING),
    ("the clock went back and it is over", said(FIRST, "a"), "", "", -3 * DAY, False, RESOLVE),
]


@pytest.mark.parametrize(
    ("last", "firing", "muted", "later", "acknowledged", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_a_case(last, firing, muted, later, acknowledged, expected):
    assert decide(later, last, set(firing), set(muted), DAY, acknowledged) == expected


def test_without_a_repeat_it_is_said_once():
    assert decide(99 * DAY, said(FIRST, "a"), {"a"}) == NOTHING


NAMES = st.frozensets(st.sampled_from("abc"))
LOOKS = st.lists(
    st.tuples(NAMES, NAMES, st.integers(0, 3), st.booleans()), max_size=40
)  # firing, muted, hours, acknowledged


def follow(looks) -> list[tuple[Said | None, frozenset, frozenset, str]]:
    """(last, firing, muted, decision) of each look."""
    last, now, found = None, 0, []
    for firing, muted, hours, acknowledged in looks:
        now += hours * 3600
        decision = decide(now, last, firing, muted, 2 * 3600, acknowledged)
        found.append((last, firing, muted, decision))
        if decision != NOTHING:
            last = Said(decision, now, shown(last, firing, muted))
    return found


@given(LOOKS)
def test_first_and_resolve_alternate(looks):
    ends = [decision for *_, decision in follow(looks) if decision in (FIRST, RESOLVE)]
    assert ends == [FIRST, RESOLVE] * (len(ends) // 2) + [FIRST] * (len(ends) % 2)


@given(LOOKS)
def test_the_same_look_again_says_nothing(looks):
    """A restart at any point looks again at what it may have seen already."""
    last, now = None, 0
    for firing, muted, hours, acknowledged in looks:
        now += hours * 3600
        decision = decide(now, last, firing, muted, 2 * 3600, acknowledged)
        if decision != NOTHING:
            last = Said(decision, now, shown(last, firing, muted))
        assert decide(now, last, firing, muted, 2 * 3600, acknowledged) == NOTHING


@given(LOOKS)
def test_what_fires_and_is_heard_is_named_in_what_was_said_last(looks):
    for last, firing, muted, decision in follow(looks):
        if decision == NOTHING and firing - muted:
            assert last is not None and last.is_open and firing - muted <= last.firing


@given(LOOKS)
def test_what_is_over_is_resolved_at_once(looks):
    for last, firing, _, decision in follow(looks):
        assert (decision == RESOLVE) == (last is not None and last.is_open and not firing)


@given(LOOKS)
def test_nothing_new_is_said_of_what_is_muted(looks):
    for last, firing, muted, decision in follow(looks):
        if decision in (FIRST, UPDATE, REPEAT):
            assert firing - muted
            new = shown(last, firing, muted) - (last.firing if last and last.is_open else frozenset())
            assert not new & muted
