"""The command line of the bench: measures, prints, and on --write refreshes the figures of bench/README.md."""

import argparse
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bench import funnels, ingest, known_ids, latency, morning, pdf, publish, refresh, sessions, stages
from bench.figures import Figures, write_readme
from bench.history import DAYS
from bench.machine import machine
from pipelines.settings import Settings

Say = Callable[[str], None]
NAMES = ("ingest", "ids", "sessions", "funnels", "stages", "refresh", "publish", "pdf", "morning", "latency")


def main(arguments: list[str] | None = None) -> None:
    parser, console = _parser(), Console()
    said = parser.parse_args(arguments)
    if said.write and said.only:
        parser.error("--write replaces all figures: leave out --only")
    console.print(machine())
    tables = measure(Settings().data_folder / "bench", said, console.print)
    for table in tables:
        table.print(console)
    if said.write:
        write_readme(machine(), tables)


def measure(folder: Path, said: argparse.Namespace, say: Say) -> list[Figures]:
    """Tables of figures; input is drawn into `folder` when it is not there yet."""
    runs, events, days = said.runs, said.events, said.days
    measurements: dict[str, Callable[[], list[Figures]]] = {
        "ingest": lambda: ingest.figures(ingest.measure(folder, said.input_events, runs, say)),
        "ids": lambda: known_ids.figures(known_ids.measure(folder, runs, say)),
        "sessions": lambda: sessions.figures(sessions.measure(folder, events, runs, say, days)),
        "funnels": lambda: funnels.figures(funnels.measure(folder, events, runs, say, days)),
        "stages": lambda: stages.figures(stages.measure(runs, say)),
        "refresh": lambda: refresh.figures(refresh.measure(folder, events, runs, say, days)),
        "publish": lambda: publish.figures(publish.measure(folder, events, runs, say, days)),
        "pdf": lambda: pdf.figures(pdf.measure(said.pages, runs, say)),
        "morning": lambda: morning.figures(morning.measure(folder, Settings().published_folder, runs, say)),
        "latency": lambda: latency.figures(latency.measure(say)),
    }
    return [table for name in NAMES if said.only in (None, name) for table in measurements[name]()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m bench", description="Side-by-side measurements; see bench/README.md.")
    parser.add_argument("--input-events", type=int, default=2_000_000, help="events of the file that is ingested")
    parser.add_argument("--events", type=int, default=10_000_000, help="events of the history")
    parser.add_argument("--days", type=int, default=DAYS, help="days of the history; the day after has as many as each")
    parser.add_argument("--pages", type=int, default=500, help="persons whose pages are drawn")
    parser.add_argument("--runs", type=int, default=5, help="how often each is measured; the medians count")
    parser.add_argument(
        "--only",
        choices=NAMES,
        help="one of the measurements",
    )
    parser.add_argument("--write", action="store_true", help="put the figures into bench/README.md")
    return parser
