"""Funnels in plain Python, by trying everything: the truth of a funnel, and what an attempt is in every mode and option.

Nothing here shares a thought with the kernel: events of one moment are tried in every arrangement. Small cases only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations, product

from pipelines.kernels.funnels import Question


@dataclass(frozen=True, slots=True)
class Event:
    """`steps`: those it matches, from 0. `exclusions`: by number. `is_other`: an action that only stands between."""

    at: int
    event_id: str
    steps: frozenset[int]
    exclusions: frozenset[int] = frozenset()
    date: int = 0
    is_other: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    first: str
    entry: str
    reached: dict[int, str]  # step -> event_id
    ends: int

    @property
    def depth(self) -> int:
        return max(self.reached)


def truth(question: Question, events: list[Event]) -> int:
    """The deepest step for which distinct events e1 … ek exist in the order of time, all within the window of e1; -1: none."""

    def deepest(step: int, since: int, start: int, used: frozenset[str]) -> int:
        found = step - 1
        for event in events:
            if step in event.steps and event.event_id not in used and since <= event.at <= start + question.window:
                found = max(found, deepest(step + 1, event.at, start, used | {event.event_id}))
        return found

    starts = [event for event in events if 0 in event.steps]
    return max((deepest(1, each.at, each.at, frozenset([each.event_id])) for each in starts), default=-1)


def attempts(question: Question, events: list[Event]) -> list[Attempt]:
    events = sorted(events, key=lambda event: (event.at, event.event_id))
    if question.mode == "any_order":
        return [_any_order(question, entry, events) for entry in events if entry.steps]
    follow = _consecutive if question.mode == "consecutive" else _ordered
    return [follow(question, first, entry, events) for first, entry in _entries(question, events)]


def _entries(question: Question, events: list[Event]) -> Iterator[tuple[Event, Event]]:
    """(first of the run, entry)"""
    entries = [event for event in events if 0 in event.steps]
    if question.reentry == "first":
        blocked = None
        for entry in entries:
            if blocked is None or entry.at > blocked:
                blocked = entry.at + question.window
                yield entry, entry
    elif question.reentry == "all":
        yield from ((entry, entry) for entry in entries)
    else:
        yield from _runs(events, question.mode == "consecutive")


def _runs(events: list[Event], stands_once: bool) -> Iterator[tuple[Event, Event]]:
    """stands_once: an event has one place, that of the first step it matches; else one for each."""
    steps = {
        event.event_id: {min(event.steps, default=0)} & event.steps if stands_once else event.steps for event in events
    }
    places = sorted(
        ((event.at, step > 0, event.event_id, event) for event in events for step in steps[event.event_id]),
        key=lambda place: place[:3],
    )
    run: list[Event] = []
    for _, is_other, _, event in places:
        ends = is_other or len(event.steps) > 1 or bool(run and run[0].date != event.date)
        if run and ends:
            yield run[0], run[-1]
            run = []
        if not is_other and len(event.steps) > 1:
            yield event, event
        elif not is_other:
            run.append(event)
    if run:
        yield run[0], run[-1]


def _ordered(question: Question, first: Event, entry: Event, events: list[Event]) -> Attempt:
    reached, before = {0: entry}, entry.at
    need = [step for step in range(question.steps) if question.is_required[step]]
    for at in sorted({event.at for event in events if entry.at <= event.at}):
        wanted = next(step for step in need if step not in reached)
        deadline = min(entry.at + question.window, before + question.within[wanted])
        if at > deadline:
            return _attempt(first, entry, reached, deadline)
        now = [event for event in events if event.at == at and event is not entry]
        chain = _chain([step for step in need if step >= wanted], now)
        after = max(reached)
        reached |= chain
        _take_optional(question, reached, after, chain, [e for e in now if e not in chain.values()], at - before, need)
        before = at if chain else before
        level = max(step for step in need if step in reached)
        if keeps := _excluded(question, level, [event for event in now if event not in reached.values()]):
            return _attempt(first, entry, {step: e for step, e in reached.items() if step <= keeps[0]}, at)
        if level == need[-1]:
            return _attempt(first, entry, reached, at)
    wanted = next(step for step in need if step not in reached)
    return _attempt(first, entry, reached, min(entry.at + question.window, before + question.within[wanted]))


def _chain(wanted: list[int], now: list[Event]) -> dict[int, Event]:
    """Events of one moment for as many of the wanted steps, in their order, as there can be; then those of the smallest ids."""
    for count in range(min(len(wanted), len(now)), 0, -1):
        for chosen in permutations(now, count):
            if all(step in event.steps for step, event in zip(wanted, chosen, strict=False)):
                return dict(zip(wanted, chosen, strict=False))
    return {}


def _take_optional(question, reached, after, chain, free, passed, need) -> None:
    stop = next((step for step in need if step not in reached), question.steps)
    for step in range(after + 1, stop):
        in_time = any(each < step for each in chain) or passed <= question.within[step]
        fitting = [event for event in free if step in event.steps]
        if not question.is_required[step] and in_time and fitting:
            reached[step] = fitting[0]
            free.remove(fitting[0])


def _excluded(question: Question, level: int, now: list[Event]) -> list[int]:
    active = {number for number, (start, end) in enumerate(question.exclusions) if start <= level < end}
    return sorted(question.exclusions[number][0] for event in now for number in event.exclusions & active)


def _consecutive(question: Question, first: Event, entry: Event, events: list[Event]) -> Attempt:
    places = sorted(
        (e for e in events if e.steps or e.is_other), key=lambda e: (e.at, min(e.steps, default=99), e.event_id)
    )
    reached = {0: entry}
    for event in places[places.index(entry) + 1 :]:
        if event.at > entry.at + question.window:
            break
        if len(reached) not in event.steps:
            return _attempt(first, entry, reached, event.at)
        reached[len(reached)] = event
        if len(reached) == question.steps:
            return _attempt(first, entry, reached, event.at)
    return _attempt(first, entry, reached, entry.at + question.window)


def _any_order(question: Question, entry: Event, events: list[Event]) -> Attempt:
    reached, seen = {0: entry}, [entry]
    for event in events:
        if entry.at <= event.at <= entry.at + question.window and event is not entry:
            seen.append(event)
            if len(reached) < question.steps and _different(seen) > len(reached):
                reached[len(reached)] = event
    is_whole = len(reached) == question.steps
    return _attempt(
        entry, entry, reached, max(e.at for e in reached.values()) if is_whole else entry.at + question.window
    )


def _different(events: list[Event]) -> int:
    """How many different steps distinct events can serve: every event chooses one of its steps, or none."""
    return max(
        len({step for step in choice if step >= 0}) for choice in product(*[[-1, *each.steps] for each in events])
    )


def _attempt(first: Event, entry: Event, reached: dict[int, Event], ends: int) -> Attempt:
    return Attempt(first.event_id, entry.event_id, {step: event.event_id for step, event in reached.items()}, ends)
