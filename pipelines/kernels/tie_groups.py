"""Distinct events of one moment for the next steps of a funnel: as many steps as there can be, then the smallest events.

Events of a moment are places lo … hi of columns in the order of their ids. Where they overlap several steps, the first that
fits may be wanted by another step, so they are matched by augmenting paths. Of each step only its first few candidates are
looked at: as many as there are steps, for then one of them is always free.
"""

from typing import Any, NamedTuple

from pipelines.kernels.compiled import inlined

FREE = -1


class Desk(NamedTuple):
    """Room for one matching. owner, via: of each event of the moment; matched, queue: of each step. All int64."""

    owner: Any
    via: Any
    matched: Any
    queue: Any


@inlined
def clear(desk, size):
    for each in range(size):
        desk.owner[each] = FREE


@inlined
def augment(desk, step, mask, lo, hi, taken, fixed):
    """Finds an event for `step`; others may change theirs for it, but not steps before `fixed`. taken: a place, or -1."""
    for each in range(hi - lo):
        desk.via[each] = FREE
    desk.queue[0] = step
    asked, waiting = 0, 1
    while asked < waiting:
        asking = desk.queue[asked]
        asked += 1
        tried = 0
        for place in range(lo, hi):
            if place == taken or not (mask[place] >> asking) & 1:
                continue
            tried += 1
            if tried > len(desk.matched):
                break
            each = place - lo
            owner = desk.owner[each]
            if desk.via[each] != FREE or (owner != FREE and owner < fixed):
                continue
            desk.via[each] = asking
            if owner == FREE:
                _hand_over(desk, step, place, lo)
                return True
            desk.queue[waiting] = owner
            waiting += 1
    return False


@inlined
def _hand_over(desk, step, place, lo):
    """Back along the path: each step takes the event it asked for and gives up the one it had."""
    while True:
        owner = desk.via[place - lo]
        given_up = desk.matched[owner]
        desk.matched[owner] = place
        desk.owner[place - lo] = owner
        if owner == step:
            break
        place = given_up


@inlined
def prefer_smallest(desk, step, mask, lo, hi, taken):
    """Gives `step` the first event with which all that are matched stay so. Steps before it keep theirs."""
    tried, had = 0, desk.matched[step]
    for place in range(lo, had):
        if place == taken or not (mask[place] >> step) & 1:
            continue
        tried += 1
        if tried > len(desk.matched):
            return
        owner = desk.owner[place - lo]
        if owner != FREE and owner < step:
            continue
        desk.owner[had - lo], desk.owner[place - lo], desk.matched[step] = FREE, step, place
        if owner == FREE or augment(desk, owner, mask, lo, hi, taken, step + 1):
            return
        desk.owner[had - lo], desk.owner[place - lo], desk.matched[step] = step, owner, had
