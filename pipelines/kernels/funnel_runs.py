"""Where attempts begin: runs of entries, the first entries, or every one; and the loop over persons of each mode."""

import numpy as np

from pipelines.kernels.compiled import entry, inlined
from pipelines.kernels.funnel_modes import follow_any, follow_closely
from pipelines.kernels.funnel_steps import Found, Plan, Way, follow
from pipelines.kernels.tie_groups import Desk

OTHER_BIT = 62
LATEST, FIRST, ALL = 0, 1, 2
# starts, at, mask, dates; need, is_required, within, ex_from, ex_to, window, reentry; first, entry, ends, reached
SIGNATURE = (
    "int64(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], boolean[::1], int64[::1], int64[::1], int64[::1], "
    "int64, int64, int64[::1], int64[::1], int64[::1], int64[:,::1])"
)


@inlined
def _groups(at, mask, lo, hi, steps_and_exclusions, bounds, next_of):
    """Fills bounds and next_of for places lo … hi; returns how many moments there are."""
    groups = 0
    for place in range(lo, hi):
        if place == lo or at[place] != at[place - 1]:
            bounds[groups] = place
            groups += 1
    bounds[groups] = hi
    for bit in range(steps_and_exclusions):
        next_of[groups - 1, bit] = groups
    for group in range(groups - 1, 0, -1):
        is_there = np.int64(0)
        for place in range(bounds[group], bounds[group + 1]):
            is_there |= mask[place]
        for bit in range(steps_and_exclusions):
            next_of[group - 1, bit] = group if (is_there >> bit) & 1 else next_of[group, bit]
    return groups


@inlined
def _runs(way, dates, steps, found, number, run_groups):
    """Entries without another event of the funnel between them, on one date. One that matches a further step stands alone."""
    others = (np.int64(1) << steps) - 2
    is_open = False
    for group in range(way.groups):
        for place in range(way.bounds[group], way.bounds[group + 1]):
            if not way.mask[place] & 1:
                continue
            is_alone = way.mask[place] & others != 0
            if is_alone or not is_open or dates[found.entry[number - 1]] != dates[place]:
                found.first[number] = place
                number += 1
            found.entry[number - 1] = place
            run_groups[number - 1] = group
            is_open = not is_alone
        for place in range(way.bounds[group], way.bounds[group + 1]):
            is_open = is_open and way.mask[place] & others == 0
    return number


@inlined
def _entries(way, window, reentry, found, number, run_groups):
    """Every entry (all), or those outside the window of every attempt before (first)."""
    is_first, blocked = True, np.int64(0)
    for group in range(way.groups):
        for place in range(way.bounds[group], way.bounds[group + 1]):
            if not way.mask[place] & 1 or (reentry == FIRST and not is_first and way.at[place] <= blocked):
                continue
            found.first[number] = found.entry[number] = place
            run_groups[number] = group
            is_first, blocked = False, way.at[place] + window
            number += 1
    return number


@entry(SIGNATURE)
def _ordered(
    starts, at, mask, dates, need, is_required, within, ex_from, ex_to, window, reentry, first, entries, ends, reached
):
    plan = Plan(len(within), need, is_required, within, ex_from, ex_to, window)
    found = Found(first, entries, ends, reached)
    longest = 1
    for person in range(len(starts) - 1):
        longest = max(longest, starts[person + 1] - starts[person])
    bits = plan.steps + len(ex_from)
    bounds, next_of = np.empty(longest + 1, np.int64), np.empty((longest, bits), np.int64)
    room = max(longest, plan.steps)
    owner, via, queue = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    desk = Desk(owner, via, np.zeros(plan.steps, np.int64), queue)
    run_groups = np.empty(len(first), np.int64)
    number = 0
    for person in range(len(starts) - 1):
        groups = _groups(at, mask, starts[person], starts[person + 1], bits, bounds, next_of)
        way = Way(groups, at, mask, bounds, next_of)
        before = number
        if reentry == LATEST:
            number = _runs(way, dates, plan.steps, found, number, run_groups)
        else:
            number = _entries(way, window, reentry, found, number, run_groups)
        for each in range(before, number):
            follow(found, each, plan, way, desk, run_groups[each])
    return number


@entry(SIGNATURE)
def _consecutive(
    starts, at, mask, dates, need, is_required, within, ex_from, ex_to, window, reentry, first, entries, ends, reached
):
    """Places of a moment stand in the order of the first step that they match."""
    plan = Plan(len(within), need, is_required, within, ex_from, ex_to, window)
    found = Found(first, entries, ends, reached)
    others = (np.int64(1) << plan.steps) - 2
    number = 0
    for person in range(len(starts) - 1):
        is_open, before = False, number
        for place in range(starts[person], starts[person + 1]):
            is_entry, is_alone = mask[place] & 1 != 0, mask[place] & others != 0
            if is_entry:
                if is_alone or not is_open or dates[entries[number - 1]] != dates[place]:
                    first[number] = place
                    number += 1
                entries[number - 1] = place
            is_open = (is_open or is_entry) and not is_alone
        for each in range(before, number):
            follow_closely(found, each, plan, at, mask, entries[each] + 1, starts[person + 1])
    return number


@entry(SIGNATURE)
def _any_order(
    starts, at, mask, dates, need, is_required, within, ex_from, ex_to, window, reentry, first, entries, ends, reached
):
    plan = Plan(len(within), need, is_required, within, ex_from, ex_to, window)
    found = Found(first, entries, ends, reached)
    held, queue, via = np.empty(plan.steps, np.int64), np.empty(plan.steps, np.int64), np.empty(plan.steps, np.int64)
    number = 0
    for person in range(len(starts) - 1):
        begin = starts[person]
        for place in range(starts[person], starts[person + 1]):
            begin = place if at[place] != at[begin] else begin
            if mask[place] != 0:
                first[number] = entries[number] = place
                follow_any(found, number, plan, at, mask, begin, starts[person + 1], held, queue, via)
                number += 1
    return number


@entry("void(int64[::1], int64[::1], int64[::1], int64[::1])")
def by_step(starts, at, mask, rows):
    """Rows of a moment in the order of the first step that they match; what matches none comes last."""
    for person in range(len(starts) - 1):
        for place in range(starts[person] + 1, starts[person + 1]):
            row, to = rows[place], place
            own = mask[row] & -mask[row] if mask[row] else np.int64(1) << OTHER_BIT
            while to > starts[person] and at[rows[to - 1]] == at[row]:
                before = mask[rows[to - 1]]
                if (before & -before if before else np.int64(1) << OTHER_BIT) <= own:
                    break
                rows[to] = rows[to - 1]
                to -= 1
            rows[to] = row


MODES = {"ordered": _ordered, "consecutive": _consecutive, "any_order": _any_order}
