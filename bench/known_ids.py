"""Was this event seen before? 1,000 and 2 million new ids against an index of many known ones."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.cache import SEED, fresh, remove
from bench.figures import Figures, middle, seconds
from pipelines.ingest.known_ids import KnownIds

KNOWN = 50_000_000
AT_ONCE = 5_000_000
NEW = (1_000, 2_000_000)


@dataclass(slots=True)
class Measured:
    known: int
    checks: dict[int, list[float]] = field(default_factory=dict)
    stored: dict[int, list[float]] = field(default_factory=dict)


def measure(
    folder: Path, runs: int, say: Callable[[str], None], known: int = KNOWN, new: Sequence[int] = NEW
) -> Measured:
    found, random = Measured(known), np.random.default_rng(SEED)
    index = KnownIds(fresh(folder / "work"))
    for batch, start in enumerate(range(0, known, AT_ONCE), 1):
        index.see(_drawn(random, min(AT_ONCE, known - start)))
        index.commit(batch)
    for run in range(runs):
        for count in new:
            _check(found, index, _drawn(random, count))
        say(f"known ids {run + 1}/{runs}: " + "; ".join(f"{n:,} new {found.checks[n][-1]:.3f} s" for n in new))
    remove(folder / "work")
    return found


def _check(found: Measured, index: KnownIds, rows: np.ndarray) -> None:
    """The index as it is afterwards is that of the next check: a few new ids more among millions."""
    started = time.perf_counter()
    is_new, _ = index.see(rows)
    seen = time.perf_counter()
    index.commit(index.batch + 1)
    if not is_new.all():
        raise RuntimeError("a drawn id was taken for a known one, so the times mean nothing")
    found.checks.setdefault(len(rows), []).append(seen - started)
    found.stored.setdefault(len(rows), []).append(time.perf_counter() - seen)


def _drawn(random: np.random.Generator, count: int) -> np.ndarray:
    return random.integers(0, 2**64, (count, 3), np.uint64)


def figures(found: Measured) -> list[Figures]:
    runs = len(next(iter(found.checks.values())))
    title = f"New ids against {found.known:,} known ones, medians of {runs}"
    table = Figures(title, ["new ids", "checked in", "stored in"])
    for count in found.checks:
        table.rows.append([f"{count:,}", f"{middle(found.checks[count]):.3f} s", seconds(middle(found.stored[count]))])
    return [table]
