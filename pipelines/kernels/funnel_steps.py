"""One attempt in ordered mode: the earliest event for each next step, within the window, until an exclusion ends it.

Places are those of columns in the order of time and event id; a group is the places of one moment.
"""

from typing import Any, NamedTuple

from pipelines.kernels.compiled import inlined
from pipelines.kernels.tie_groups import FREE, augment, clear, prefer_smallest

NONE = -1


class Plan(NamedTuple):
    """What a funnel asks. need: the required steps, from 0. within: microseconds per step. ex_from, ex_to: per exclusion."""

    steps: Any
    need: Any
    is_required: Any
    within: Any
    ex_from: Any
    ex_to: Any
    window: Any


class Way(NamedTuple):
    """A person's events. bounds: where each group begins, and the end. next_of[group, bit]: the next group with such an event."""

    groups: Any
    at: Any
    mask: Any
    bounds: Any
    next_of: Any


class Found(NamedTuple):
    """Per attempt: places of the run's first entry, of the entry, of the events of each step; until when it was open."""

    first: Any
    entry: Any
    ends: Any
    reached: Any


@inlined
def follow(found, number, plan, way, desk, group):
    """Fills attempt `number`, whose entry stands in `group`."""
    entry = found.entry[number]
    start = before = way.at[entry]
    reached = found.reached
    for step in range(plan.steps):
        reached[number, step] = NONE
    reached[number, 0] = entry
    level, passed = 0, 0
    while True:
        moment = way.at[way.bounds[group]]
        was = level
        level, passed = _serve(reached, number, plan, way, desk, group, entry, level, passed, before)
        before = moment if level > was else before
        keeps = _kept_by_exclusions(reached, number, plan, way, group, entry, plan.need[level])
        if keeps != NONE:
            for step in range(keeps + 1, plan.steps):
                reached[number, step] = NONE
        if keeps != NONE or level + 1 == len(plan.need):
            found.ends[number] = moment
            return
        wanted = plan.need[level + 1]
        deadline = min(start + plan.window, before + plan.within[wanted])
        group = _next_group(plan, way, group, plan.need[level], passed, wanted)
        if group == way.groups or way.at[way.bounds[group]] > deadline:
            found.ends[number] = deadline
            return


@inlined
def _next_group(plan, way, group, level, passed, wanted):
    found = way.next_of[group, wanted]
    for optional in range(passed + 1, wanted):
        found = min(found, way.next_of[group, optional])
    for each in range(len(plan.ex_from)):
        if plan.ex_from[each] <= level < plan.ex_to[each]:
            found = min(found, way.next_of[group, plan.steps + each])
    return found


@inlined
def _serve(reached, number, plan, way, desk, group, entry, level, passed, before):
    """Gives the moment's events to steps; returns (ordinal of the last required step, the last step passed)."""
    lo, hi = way.bounds[group], way.bounds[group + 1]
    if hi - lo > 1:
        return _serve_many(reached, number, plan, way, desk, lo, hi, entry, level, passed, before)
    wanted = plan.need[level + 1]
    if lo == entry:
        return level, passed
    if (way.mask[lo] >> wanted) & 1:
        reached[number, wanted] = lo
        return level + 1, wanted
    for optional in range(passed + 1, wanted):
        if (way.mask[lo] >> optional) & 1 and way.at[lo] - before <= plan.within[optional]:
            reached[number, optional] = lo
            return level, optional
    return level, passed


@inlined
def _serve_many(reached, number, plan, way, desk, lo, hi, entry, level, passed, before):
    """Required steps first, as many as there can be; optional ones take what is left."""
    clear(desk, hi - lo)
    last = level
    while last + 1 < len(plan.need) and augment(desk, plan.need[last + 1], way.mask, lo, hi, entry, 0):
        last += 1
    for ordinal in range(level + 1, last + 1):
        step = plan.need[ordinal]
        prefer_smallest(desk, step, way.mask, lo, hi, entry)
        reached[number, step] = desk.matched[step]
    stop = plan.need[last + 1] if last + 1 < len(plan.need) else plan.steps
    wanted = plan.need[level + 1]
    passed_now = max(passed, plan.need[last])
    for step in range(passed + 1, stop):
        in_time = step > wanted or way.at[lo] - before <= plan.within[step]
        if not plan.is_required[step] and in_time and _serve_optional(reached, number, way, desk, lo, hi, entry, step):
            passed_now = max(passed_now, step)
    return last, passed_now


@inlined
def _serve_optional(reached, number, way, desk, lo, hi, entry, step):
    for place in range(lo, hi):
        if place != entry and desk.owner[place - lo] == FREE and (way.mask[place] >> step) & 1:
            desk.owner[place - lo] = step
            reached[number, step] = place
            return True
    return False


@inlined
def _kept_by_exclusions(reached, number, plan, way, group, entry, level):
    """The last step that stays when an exclusion ends the attempt in this moment; NONE: none does."""
    keeps = NONE
    for each in range(len(plan.ex_from)):
        if not plan.ex_from[each] <= level < plan.ex_to[each]:
            continue
        for place in range(way.bounds[group], way.bounds[group + 1]):
            if (way.mask[place] >> (plan.steps + each)) & 1 and not _is_used(reached, number, plan, place):
                keeps = plan.ex_from[each] if keeps == NONE else min(keeps, plan.ex_from[each])
    return keeps


@inlined
def _is_used(reached, number, plan, place):
    for step in range(plan.steps):
        if reached[number, step] == place:
            return True
    return False
