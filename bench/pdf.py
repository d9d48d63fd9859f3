"""Persons' pages by our pipeline against bare WeasyPrint on the same HTML, in turn: as many processes, the same fonts.

Ours fills the template, hands the page to a child with limits of time and memory that may fetch nothing, and takes the PDF
back. The peer is given the HTML. Both must come to the same bytes, or the times mean nothing.
"""

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import bare_pdf
from bench.cache import SEED
from bench.figures import Figures, middle, seconds, spread
from pipelines.pdf import Drawn, Page, draw_many
from pipelines.pdf.html import fill
from pipelines.pdf.painter import environment_of
from pipelines.settings import Settings

TEMPLATE, ZONE = "person.html", "Europe/Berlin"
NOW = datetime(2026, 6, 30, 22, tzinfo=UTC)
DID = ("visited", "logged_in", "code_run", "read_docs", "hit_error", "deployment", "invited", "project_created")
MOMENTS = 40  # of a person's timeline, as config/reports.yaml has it


@dataclass(slots=True)
class Measured:
    """Seconds of each run."""

    pages: int
    processes: int
    bytes_in_all: int = 0
    ours: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)


def measure(pages: int, runs: int, say: Callable[[str], None]) -> Measured:
    found = Measured(pages, os.cpu_count() or 1)
    wanted = [_page(number) for number in range(pages)]
    html = [fill(page.name, page.template, page.values, page.folder) for page in wanted]
    for run in range(runs):
        ours = _timed(found.ours, lambda: [each.pdf for each in draw_many(wanted) if isinstance(each, Drawn)])
        theirs = _timed(found.peer, lambda: _peer(html, found.processes))
        assert ours == theirs, "the peer's pages are others than ours"
        found.bytes_in_all = sum(map(len, ours))
        say(f"pdf {run + 1}/{runs}: {found.ours[-1]:.2f} s; bare WeasyPrint {found.peer[-1]:.2f} s")
    return found


def _timed(taken: list[float], work: Callable[[], list[bytes]]) -> list[bytes]:
    started = time.perf_counter()
    made = work()
    taken.append(time.perf_counter() - started)
    return made


def _peer(html: list[str], processes: int) -> list[bytes]:
    return bare_pdf.draw(html, processes, environment_of(str(Settings().data_folder)))


def _page(number: int) -> Page:
    drawn = random.Random(SEED + number)
    person = {"person_id": f"app/user/u-{number:06}", "stage": "active", "day_count": drawn.randrange(30)}
    person |= {"entered_at": NOW - timedelta(days=person["day_count"]), "last_step": "deployment", "last_step_at": NOW}
    person |= {"entry_count": 2 * MOMENTS, "error_count": drawn.randrange(9), "timeline": _timeline(drawn)}
    frame = {"title": "Users by stage", "period": "Tue, 30 Jun 2026", "about": "", "paper": "A4"}
    frame |= {"zone": ZONE, "as_of": NOW, "ledger_position": 352}
    return Page(
        person["person_id"], TEMPLATE, frame | {"people": [person], "are_beyond": False}, Settings().templates_folder
    )


def _timeline(drawn: random.Random) -> list[dict[str, Any]]:
    at, rows = NOW, []
    for _ in range(MOMENTS):
        at -= timedelta(seconds=drawn.expovariate(1 / 3600))
        what = drawn.choice(DID)
        is_span, is_error = what == "deployment", what == "hit_error"
        outcome = drawn.choice(("ok", "ok", "failed")) if is_span else None
        took = drawn.uniform(20, 900) if is_span else None
        rows.append({"occurred_at": at, "kind": "action", "what": what, "outcome": outcome, "seconds": took})
        rows[-1]["error"] = "rate_limited" if is_error else None
    return rows


def figures(found: Measured) -> list[Figures]:
    ratios = [ours / peer for ours, peer in zip(found.ours, found.peer, strict=True)]
    title = f"PDFs of {found.pages:,} persons in {found.processes} processes, medians of {len(ratios)}"
    table = Figures(title, ["", "time", "pages a second", "times bare WeasyPrint"])
    for name, taken, told in (("bare WeasyPrint, HTML given", found.peer, "1"), ("ours", found.ours, spread(ratios))):
        table.rows.append([name, seconds(middle(taken)), f"{found.pages / middle(taken):.1f}", told])
    return [table]
