"""One attempt in the other two modes: consecutive (nothing between) and any_order (each different step counts)."""

from pipelines.kernels.compiled import inlined
from pipelines.kernels.funnel_steps import NONE

UNSEEN = -1


@inlined
def follow_closely(found, number, plan, at, mask, after, end):
    """consecutive: the event after each step is the next step, or the attempt ends there. Places after … end follow it."""
    start = at[found.entry[number]]
    for step in range(plan.steps):
        found.reached[number, step] = NONE
    found.reached[number, 0] = found.entry[number]
    found.ends[number] = start + plan.window
    step = 1
    for place in range(after, end):
        if at[place] - start > plan.window:
            return
        if mask[place] == 0:
            continue
        is_next = (mask[place] >> step) & 1
        if is_next:
            found.reached[number, step] = place
            step += 1
        if not is_next or step == plan.steps:
            found.ends[number] = at[place]
            return


@inlined
def follow_any(found, number, plan, at, mask, begin, end, held, queue, via):
    """any_order: an event counts when one more different step can be served by the events so far. begin: its moment's first."""
    entry = found.entry[number]
    start = at[entry]
    for step in range(plan.steps):
        found.reached[number, step] = NONE
        held[step] = 0
    _take_in(plan.steps, mask[entry], held, queue, via)
    found.reached[number, 0] = entry
    found.ends[number] = start + plan.window
    count = 1
    for place in range(begin, end):
        if at[place] - start > plan.window:
            return
        if place != entry and _take_in(plan.steps, mask[place], held, queue, via):
            found.reached[number, count] = place
            count += 1
            if count == plan.steps:
                found.ends[number] = at[place]
                return


@inlined
def _take_in(steps, mask, held, queue, via):
    """Tries to serve one more step with an event that matches `mask`. held: per step what its event matches, or 0."""
    for step in range(steps):
        via[step] = UNSEEN
    asked, waiting, offered, giver = 0, 0, mask, steps
    while True:
        for step in range(steps):
            if (offered >> step) & 1 and via[step] == UNSEEN:
                via[step] = giver
                if held[step] == 0:
                    _move_up(steps, mask, held, via, step)
                    return True
                queue[waiting] = step
                waiting += 1
        if asked == waiting:
            return False
        giver = queue[asked]
        offered = held[giver]
        asked += 1


@inlined
def _move_up(steps, mask, held, via, step):
    """Back along the path: the event that held `via` moves on to the step that was found for it."""
    while via[step] != steps:
        held[step] = held[via[step]]
        step = via[step]
    held[step] = mask
