"""Where the time of a run goes: functions of the product are timed while a `Parts` watches them, and only then.

Times are exclusive: what a watched function spends in another watched one of the same thread counts for that one alone.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any

import numpy as np

Watched = dict[str, list[tuple[Any, str]]]  # part -> (module or class, name of its function)


class Parts:
    """`seconds`: part -> [seconds that passed, seconds of CPU], all threads together."""

    def __init__(self) -> None:
        self.seconds: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(2))
        self._threads = threading.local()

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
        inner = vars(self._threads).setdefault("inner", [])  # what watched calls inside the open ones took
        inner.append(np.zeros(2))
        started = _clocks()
        try:
            yield
        finally:
            taken = _clocks() - started
            self.seconds[name] += taken - inner.pop()
            if inner:
                inner[-1] += taken

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


def _clocks() -> np.ndarray:
    return np.array([time.perf_counter(), time.thread_time()])


def _as_found(original: Any, timed: Callable) -> Any:
    """A class method was bound when it was looked up."""
    return staticmethod(timed) if isinstance(original, classmethod) else timed
