"""Chance, the same on every machine and Python version.

Only `random()` and `getrandbits()` of a seeded stream are used: `choice`, `sample` and the like may change
from one Python to the next. No logarithm or power either, since maths libraries differ in the last digit: a
distribution is written as the table of its quantiles, which is also easier to picture than its name.
"""

import random
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Weighted(Generic[Item]):
    """Items and their integer weights, prepared for many draws."""

    __slots__ = ("_sums", "items")

    def __init__(self, weights: dict[Item, int] | Sequence[tuple[Item, int]]) -> None:
        pairs = list(weights.items()) if isinstance(weights, dict) else list(weights)
        self.items = [item for item, _ in pairs]
        self._sums = list(accumulate(weight for _, weight in pairs))

    def draw(self, chance: float) -> Item:
        """The item at `chance` (0 ≤ chance < 1) of the total weight."""
        return self.items[bisect_right(self._sums, int(chance * self._sums[-1]))]


class Dice:
    """One stream of chance, named by a path such as (seed, person): people never disturb each other."""

    __slots__ = ("_bits", "random")

    def __init__(self, *path: object) -> None:
        stream = random.Random("/".join(map(str, path)))
        self.random, self._bits = stream.random, stream.getrandbits

    def chance(self, probability: float) -> bool:
        return self.random() < probability

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, items: Sequence[Item]) -> Item:
        return items[int(self.random() * len(items))]

    def draw(self, table: Weighted[Item]) -> Item:
        return table.draw(self.random())

    def along(self, quantiles: Sequence[float]) -> float:
        """A value by its evenly spaced quantiles: (min, median, max), (min, 1/3, 2/3, max) and so on."""
        place = self.random() * (len(quantiles) - 1)
        step = int(place)
        low, high = quantiles[step], quantiles[step + 1]
        return low + (high - low) * (place - step)

    def count(self, quantiles: Sequence[float]) -> int:
        """As `along`, rounded to a whole number."""
        return int(self.along(quantiles) + 0.5)

    def identifier(self, prefix: str) -> str:
        """`prefix` and 64 random bits in hex: no two alike in any simulation that fits a disk."""
        return f"{prefix}{self._bits(64):016x}"
