"""Ticks that are killed, while clocks jump and the database is down: what was told is counted against what was so.

A kill leaves what was committed before a step, and nothing after it; the next tick comes with the same numbers.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pipelines.deliveries import Outbox, outbox
from pipelines.ledger import Ledger
from pipelines.monitors.readings import TROUBLE
from tests.faults.figures import Figures
from tests.pipelines.monitors.outside import Outside, monitor

MONITORS = {"high": monitor(), "beat": monitor(what={"gap": "10m"}, condition=None)}
NAMES = "ab"
JUMPS = (1, 1, 1, 1, 180, 4320, -180)  # minutes between two ticks
LIMIT = 10


class Killed(BaseException):
    """At a step of a tick."""


@dataclass(frozen=True, slots=True)
class Planned:
    """numbers: None while the database is down. die_at: the step at which the tick is killed, from 1; 0: it is not."""

    later: float
    numbers: dict[str, float] | None
    die_at: int


def plans(seed: int, ticks: int) -> list[Planned]:
    """die_at goes through all steps that a tick has, again and again."""
    dice = random.Random(seed)
    found = []
    for number in range(ticks):
        numbers = {name: dice.choice([1.0, 20.0]) for name in NAMES} if dice.random() > 0.15 else None
        found.append(Planned(dice.choice(JUMPS), numbers, number % 25))
    return found


def play(
    outside: Outside,
    ticks: Iterable[Planned],
    figures: Figures,
    monkeypatch,
    sent: Counter[str],
    send: Callable[[], object] | None = None,
) -> None:
    """sent: unit -> how often the outbox took it. send: of what was said; default: to the outbox."""
    minute, tell = 10_000.0, send or outside.send
    with figures.timed():
        for tick in ticks:
            minute += tick.later
            if tick.numbers is None:
                outside.break_down()
            else:
                outside.say(tick.numbers)
            with _dying(tick.die_at, sent, monkeypatch) as is_alive:
                outside.look(minute, MONITORS)
                tell()
            figures.points += not is_alive
            if not is_alive:
                with _dying(0, sent, monkeypatch):
                    outside.look(minute + 0.1, MONITORS)
                    tell()


@contextmanager
def _dying(at: int, sent: Counter[str], monkeypatch) -> Iterator[list[bool]]:
    """Yields a list that is empty once it died."""
    steps, alive = iter(range(1, 1_000_000)), [True]
    with monkeypatch.context() as patch:
        for where, name in ((Ledger, "change"), (outbox, "write_durably")):
            patch.setattr(where, name, _counted(getattr(where, name), steps, at))
        own = Outbox.send

        def counted_send(self, unit, note):
            reference = own(self, unit, note)
            sent[unit.row.unit] += 1
            return reference

        patch.setattr(Outbox, "send", counted_send)
        try:
            yield alive
        except Killed:
            alive.clear()


def _counted(own, steps: Iterator[int], at: int):
    def counted(*words, **named):
        if next(steps) == at:
            raise Killed
        done = own(*words, **named)
        if next(steps) == at:
            raise Killed
        return done

    return counted


def look(
    outside: Outside,
    ticks: list[Planned],
    sent: Counter[str],
    figures: Figures,
    messages: Mapping[str, str] | None = None,
) -> None:
    """What was told against what was so. messages: unit -> text, where they are; default: in the outbox."""
    transitions = outside.alerts.transitions()
    expected = Counter({name: _episodes(ticks, name) for name in NAMES})
    expected[TROUBLE] = _runs(tick.numbers is None for tick in ticks)
    fired = Counter(
        _key(each.labels) for each in transitions if each.monitor == "high" and each.state in ("firing", "error")
    )
    figures.lost += sum((expected - fired).values())
    figures.spurious += sum((fired - expected).values())
    figures.what += [f"expected {expected}, fired {fired}"] if expected != fired else []
    gaps = sum(not 0 <= tick.later < 10 for tick in ticks[1:])
    told = [each for each in transitions if each.monitor == "beat" and each.state == "firing"]
    figures.lost += max(0, gaps - len(told))
    figures.spurious += max(0, len(told) - gaps)
    incidents, said = len(told) + sum(fired.values()), outside.messages() if messages is None else messages
    _look_at_messages(outside, incidents, said, sent, figures)


def _look_at_messages(
    outside: Outside, incidents: int, said: Mapping[str, str], sent: Counter[str], figures: Figures
) -> None:
    parents = [unit for unit in said if "/" not in unit]
    figures.acknowledged += len(said)
    figures.lost += max(0, incidents - len(parents))
    figures.spurious += max(0, len(parents) - incidents)
    figures.duplicated += sum(count - 1 for count in sent.values())
    for unit in parents:
        notes = outside.alerts.of_incident(unit)
        replies = {f"{unit}/{number}-{note.kind}" for number, note in enumerate(notes, 1) if note.reply}
        there = {each for each in said if each.startswith(f"{unit}/")}
        wrong = [f"replies {there ^ replies}"] if there != replies else []
        wrong += ["its message is not the last"] if said[unit] != notes[-1].text else []
        wrong += [f"{[note.kind for note in notes]}"] if not _alternates([note.kind for note in notes]) else []
        figures.tear(unit, wrong)


def _alternates(kinds: list[str]) -> bool:
    return kinds == ["once"] or (kinds[0] == "first" and "first" not in kinds[1:] and "resolve" not in kinds[:-1])


def _key(labels: str) -> str:
    return labels if labels == TROUBLE else labels.split('"')[3]


def _episodes(ticks: list[Planned], name: str) -> int:
    """While the database is down nothing is known, so nothing changes."""
    return _runs(tick.numbers[name] > LIMIT for tick in ticks if tick.numbers is not None)


def _runs(values: Iterable[bool]) -> int:
    before, count = False, 0
    for value in values:
        count += value and not before
        before = value
    return count
