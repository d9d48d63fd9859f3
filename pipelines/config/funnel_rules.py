"""Which combinations of a funnel's words exist, and whether what it names does. Any other is refused by name."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from pipelines.config.actions import Action
from pipelines.config.funnels import Exclusion, Funnel, Step
from pipelines.config.yaml_lines import nearest

Wrong: TypeAlias = Iterator[tuple[tuple, str]]  # (place below the funnel, what is wrong and what would be right)


def what_is_wrong(funnel: Funnel, actions: Mapping[str, Action]) -> Wrong:
    for name, parts in (("steps", funnel.steps), ("exclusions", funnel.exclusions)):
        for place, part in enumerate(parts):
            yield from (((name, place, *where), what) for where, what in _unknown(part, funnel, actions))
    yield from _modes(funnel)
    yield from _steps(funnel)
    yield from _exclusions(funnel)
    yield from _breakdown(funnel, actions)
    yield from _overlaps(funnel)


def _unknown(part: Step | Exclusion, funnel: Funnel, actions: Mapping[str, Action]) -> Wrong:
    action = actions.get(part.action)
    rules = {name for name, each in actions.items() if each.kind != "from_funnel"}
    if action is None:
        yield ("action",), f"no action is called '{part.action}'; {nearest(part.action, rules)}"
        return
    if action.kind == "from_funnel":
        yield (("action",), f"action '{part.action}' is the completion of a funnel, and no funnel is made of those")
    if isinstance(part, Step) and part.outcome and action.kind != "span":
        yield ("outcome",), f"only a span has an outcome, and action '{part.action}' is none; remove it"
    for name in (*part.where, *funnel.hold):
        if name not in action.properties:
            where = ("where", name) if name in part.where else ()
            yield where, f"action '{part.action}' keeps no property '{name}'; {nearest(name, action.properties)}"


def _modes(funnel: Funnel) -> Wrong:
    only = {"consecutive": "latest", "any_order": "all"}.get(funnel.mode, funnel.reentry)
    if funnel.reentry != only:
        yield ("reentry",), f"mode {funnel.mode} exists with reentry: {only} only, not {funnel.reentry}"
    if funnel.among == "all" and funnel.mode != "consecutive":
        yield ("among",), f"among belongs to mode consecutive; remove it, or write mode: consecutive, not {funnel.mode}"
    if funnel.mode == "ordered":
        return
    for place, step in enumerate(funnel.steps):
        if step.optional or step.within is not None:
            key = "optional" if step.optional else "within"
            yield ("steps", place, key), f"{key} exists in mode ordered only, not in {funnel.mode}"
    if funnel.exclusions:
        yield ("exclusions",), f"exclusions exist in mode ordered only, not in {funnel.mode}"


def _steps(funnel: Funnel) -> Wrong:
    seen: set[str] = set()
    for place, step in enumerate(funnel.steps):
        if step.title in seen:
            yield ("steps", place), f"two steps are called '{step.title}'; give this one a name"
        seen.add(step.title)
        if step.optional and place in (0, len(funnel.steps) - 1):
            yield ("steps", place, "optional"), "the first and the last step are required"
        if step.within is not None and place == 0:
            yield ("steps", place, "within"), "within counts from the step before, and the first has none"
        if step.within is not None and step.within > funnel.window:
            yield ("steps", place, "within"), "within is longer than the window and says nothing; remove it"


def _exclusions(funnel: Funnel) -> Wrong:
    for place, exclusion in enumerate(funnel.exclusions):
        first, last = exclusion.between
        where = ("exclusions", place, "between")
        if not 1 <= first < last <= len(funnel.steps):
            yield where, f"between: two numbers of steps, 1 to {len(funnel.steps)}, the earlier first"
        elif any(funnel.steps[number - 1].optional for number in (first, last)):
            yield where, "between: an optional step is no end of it; take a required one"


def _breakdown(funnel: Funnel, actions: Mapping[str, Action]) -> Wrong:
    breakdown = funnel.breakdown
    if breakdown is None or breakdown.step is None or breakdown.named is None:
        return
    if funnel.mode == "any_order":
        yield ("breakdown", "step"), "in mode any_order a step has no event of its own; break down by a trait"
    elif not 1 <= breakdown.step <= len(funnel.steps):
        yield ("breakdown", "step"), f"there is no step {breakdown.step}; steps are 1 to {len(funnel.steps)}"
    else:
        action = funnel.steps[breakdown.step - 1].action
        if breakdown.named not in actions[action].properties:
            hint = nearest(breakdown.named, actions[action].properties)
            yield ("breakdown", "property"), f"action '{action}' keeps no property '{breakdown.named}'; {hint}"


def _overlaps(funnel: Funnel) -> Wrong:
    """A run's last entry stands for all of them only if no entry could be a further step."""
    if funnel.reentry != "latest":
        return
    for place, step in enumerate(funnel.steps[1:], 1):
        if not _are_disjoint(funnel.steps[0], step):
            cure = "write reentry: all" if funnel.mode == "ordered" else "tell them apart by where"
            what = f"reentry: latest needs a first step that overlaps no other, but one event can be step 1 and {place + 1}"
            yield ("steps", place), f"{what}; {cure}"


def _are_disjoint(one: Step, other: Step) -> bool:
    """For sure: start and end of a span are two events, and a property has one value."""
    if one.action != other.action or one.outcome != other.outcome:
        return True
    shared = one.where.keys() & other.where.keys()
    return any(not set(one.where[name]) & set(other.where[name]) for name in shared)
