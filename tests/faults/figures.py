"""What a rig found, in the words of the promises: points, acknowledged, lost, duplicated, spurious, torn, seconds, seed."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from tests.faults.picture import Picture

FIELDS = ("points", "acknowledged", "lost", "duplicated", "spurious", "torn", "seconds", "seed")


@dataclass(slots=True)
class Figures:
    """Of one rig. `acknowledged`: batches; `lost`, `duplicated`, `spurious`: records; `torn`: files, tables, failed runs."""

    rig: str
    seed: int = 0
    points: int = 0
    acknowledged: int = 0
    lost: int = 0
    duplicated: int = 0
    spurious: int = 0
    torn: int = 0
    seconds: float = 0.0
    what: list[str] = field(default_factory=list)

    @property
    def harm(self) -> int:
        return self.lost + self.duplicated + self.spurious + self.torn

    def compare(self, where: str, expected: Picture, found: Picture) -> None:
        """Counts the differences of one point."""
        self._compare_records(where, expected.events, found.events)
        self._compare_records(where, expected.quarantine, found.quarantine)
        self._compare_records(where, expected.failures, found.failures)
        differing = [f"{name} differs" for name, rows in expected.tables.items() if found.tables.get(name) != rows]
        differing += [
            f"{name} differs" for name, rows in expected.published.items() if found.published.get(name) != rows
        ]
        self.tear(where, found.torn + differing)

    def _compare_records(self, where: str, expected: dict[str, int], found: dict[str, int]) -> None:
        lost, more = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
        duplicated = sum(count for each, count in more.items() if each in expected)
        self.lost += lost.total()
        self.duplicated += duplicated
        self.spurious += more.total() - duplicated
        self.what += [f"{where}: {len(lost)} lost, {len(more)} too many"] if lost or more else []

    def tear(self, where: str, what: list[str]) -> None:
        self.torn += len(what)
        self.what += [f"{where}: {each}" for each in what]

    def line(self) -> str:
        named = ((name, getattr(self, name)) for name in FIELDS)
        said = ((name, f"{value:.4g}" if isinstance(value, float) else value) for name, value in named)
        return f"{self.rig}: " + ", ".join(f"{name} {value}" for name, value in said)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Adds the time spent inside to `seconds`."""
        started = perf_counter()
        try:
            yield
        finally:
            self.seconds += perf_counter() - started


def assert_noticed(figures: Figures) -> None:
    """A negative control must do harm that the rig sees."""
    print(figures.line(), *figures.what[:5], sep="\n")
    assert figures.points and figures.harm, f"{figures.rig}: broken on purpose, and nobody noticed"


def remember(path: Path, figures: Figures) -> None:
    """Writes the rig's line into a file of lines, in place of its last one."""
    lines = path.read_text().splitlines() if path.exists() else []
    others = [line for line in lines if not line.startswith(f"{figures.rig}: ")]
    path.write_text("\n".join(sorted([*others, figures.line()])) + "\n")
