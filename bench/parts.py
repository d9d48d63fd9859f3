"""Where the time of a run goes: functions of the product are timed while a `Parts` watches them, and only then.

Times are exclusive: what a watched function spends in another watched one counts for that one alone.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any

Watched = dict[str, list[tuple[Any, str]]]  # part -> (module or class, name of its function)


class Parts:
    """`seconds`: part -> seconds so far. Not for several threads."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._inner = [0.0]  # seconds of watched calls inside the open ones, innermost last

    @contextmanager
    def watching(self, watched: Watched) -> Iterator["Parts"]:
        with ExitStack() as stack:
            for part, places in watched.items():
                for owner, name in places:
                    stack.callback(setattr, owner, name, vars(owner)[name])
                    setattr(owner, name, _as_found(vars(owner)[name], self._timed(part, getattr(owner, name))))
            yield self

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self._inner.append(0.0)
        started = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - started
            self.seconds[name] += seconds - self._inner.pop()
            self._inner[-1] += seconds

    def _timed(self, part: str, function: Callable) -> Callable:
        if isgeneratorfunction(function):
            return wraps(function)(lambda *args, **kwargs: self._timed_steps(part, function(*args, **kwargs)))

        @wraps(function)
        def timed(*args, **kwargs):
            with self.part(part):
                return function(*args, **kwargs)

        return timed

    def _timed_steps(self, part: str, steps: Iterator) -> Iterator:
        while True:
            with self.part(part):
                step = next(steps, self)
            if step is self:
                return
            yield step


def _as_found(original: Any, timed: Callable) -> Any:
    """A class method was bound when it was looked up."""
    return staticmethod(timed) if isinstance(original, classmethod) else timed
