"""The morning run of the demo: its reports of the last day, split into the snapshot of numbers, drawing, and sending.

Without a token, so that sending is into the outbox; Slack takes about one message a second and channel, whoever sends.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path

from assets.cli.demo import REPORTED
from assets.cli.report import last_day
from bench.cache import fresh, remove
from bench.figures import Figures, middle, seconds
from pipelines.config import load_config
from pipelines.reports.work import Desk, draw_pages, send, take_numbers
from pipelines.settings import Settings

PARTS = ("snapshot", "drawing", "sending")


@dataclass(slots=True)
class Measured:
    """taken: report -> for each run the seconds of each part."""

    days: dict[str, date] = field(default_factory=dict)
    taken: dict[str, list[tuple[float, ...]]] = field(default_factory=dict)
    pdfs: dict[str, int] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)


def measure(folder: Path, published: Path, runs: int, say: Callable[[str], None]) -> Measured:
    """published: the demo's tables; without them nothing is measured, and that is said."""
    found, config = Measured(), load_config(Settings().config_folder)
    if not published.exists():
        say(f"morning: {published} is missing; run `make demo` first")
        return found
    data = folder / "work"
    for run in range(runs):
        settings = _house(data, published)
        for name in REPORTED:
            _run(found, Desk(settings, config, name, last_day(settings, config.reports[name].every)))
        say(f"morning {run + 1}/{runs}: {sum(sum(taken[-1]) for taken in found.taken.values()):.1f} s")
    remove(data)
    return found


def _house(data: Path, published: Path) -> Settings:
    """Whose outbox and ledger are empty."""
    fresh(data)
    settings = Settings(data=data, ledger_url=f"sqlite:///{data / 'ledger.sqlite'}", slack_token=None)
    settings.published_folder.symlink_to(published.resolve())
    return settings


def _run(found: Measured, desk: Desk) -> None:
    clocks = [time.perf_counter()]
    take_numbers(desk)
    clocks.append(time.perf_counter())
    drawn = draw_pages(desk)
    clocks.append(time.perf_counter())
    outcomes = send(desk)
    clocks.append(time.perf_counter())
    assert not drawn.failures and all(each.is_complete for each in outcomes), desk.name
    found.days[desk.name], found.pdfs[desk.name] = desk.day, len(drawn.page_counts)
    found.sent[desk.name] = sum(each.sent_now for each in outcomes)
    parts = tuple(after - before for before, after in pairwise(clocks))
    found.taken.setdefault(desk.name, []).append(parts)


def figures(found: Measured) -> list[Figures]:
    if not found.taken:
        return []
    runs = len(next(iter(found.taken.values())))
    table = Figures(f"The morning run of the demo, medians of {runs}", ["report", "PDFs", "units", *PARTS, "all"])
    for name, taken in found.taken.items():
        parts = [middle([run[part] for run in taken]) for part in range(len(PARTS))]
        whole = middle([sum(run) for run in taken])
        table.rows.append([name, str(found.pdfs[name]), str(found.sent[name]), *map(seconds, [*parts, whole])])
    return [table]
