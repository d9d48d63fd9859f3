"""What a rig found, in the words of the promises: points, acknowledged, lost, duplicated, spurious, torn, seconds, seed."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from tests.faults.picture import Picture

README = Path(__file__).parents[2] / "bench/README.md"
BEGIN, END = "<!-- figures: `make soak ARGS=tests/faults` -->", "<!-- end of the soak -->"
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
        return f"{self.rig}: " + ", ".join(f"{name} {value}" for name, value in self.said().items())

    def said(self) -> dict[str, str]:
        named = {name: getattr(self, name) for name in FIELDS}
        return {name: f"{value:.4g}" if isinstance(value, float) else str(value) for name, value in named.items()}

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


def remember(figures: Figures, readme: Path = README) -> None:
    """Puts the rig's row into the table of the README, in place of its last one. Errors: ValueError when the marks are gone."""
    before, begin, rest = readme.read_text().partition(BEGIN)
    table, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{readme} has no {BEGIN} and {END}")
    rows = [line for line in table.strip().splitlines()[2:] if not line.startswith(f"| {figures.rig} |")]
    head = [_row(("rig", *FIELDS)), _row(("---", *("---:" for _ in FIELDS)))]
    lines = [*head, *sorted([*rows, _row((figures.rig, *figures.said().values()))])]
    readme.write_text("\n".join([before + begin, "", *lines, "", end + after]))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
