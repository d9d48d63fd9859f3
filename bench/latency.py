"""From a file's landing in the inbox to Slack's acceptance of what it says, with the real `dg dev` in a fresh folder.

Sign-ups land one by one, a file each, and the strict Slack of the tests takes the messages on loopback. Nothing is hurried:
settings, dagster.yaml, sensors and schedules are those of the house.
"""

import json
import math
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import sqlalchemy as sa

from bench.figures import Figures
from pipelines.config import load_config
from pipelines.ledger import Ledger
from pipelines.ledger.tables import alert_notes, batch_files, batches, deliveries
from pipelines.settings import Settings
from tests.end_to_end.dagster_dev import DagsterDev
from tests.slack.program import TOKEN, Program

FILES, BETWEEN = 50, (7.0, 11.0)  # s, drawn evenly: files do not keep step with ticks
STARTS, ENDS = 240, 180  # s to wait at most for the first message, and for the last
PARTS = ("waiting for the tick", "reading", "refresh of tables", "look", "sending", "all")
SIGNED_UP = re.compile(r"app/user/s(\d+) signed up")

MOMENTS = (  # in the order in which they come, µs UTC; then Slack's
    sa.select(
        batch_files.c.path,
        batches.c.as_of,
        batches.c.committed_at,
        alert_notes.c.decided_at,
        deliveries.c.planned_at,
        deliveries.c.reference,
    )
    .select_from(batch_files)
    .join(batches, batches.c.batch == batch_files.c.batch)
    .join(deliveries, sa.true())
    .join(alert_notes, alert_notes.c.incident == deliveries.c.unit)
)


@dataclass(slots=True)
class Measured:
    """landed: file -> seconds since 1970. parts: of each file the seconds of each of PARTS."""

    landed: dict[int, float] = field(default_factory=dict)
    parts: list[tuple[float, ...]] = field(default_factory=list)
    messages: int = 0
    load: float = 0.0


def measure(say: Callable[[str], None], files: int = FILES, between: tuple[float, float] = BETWEEN) -> Measured:
    found, dice = Measured(), random.Random(6)
    with tempfile.TemporaryDirectory() as folder, _slack() as slack, _house(Path(folder), slack) as dev:
        _land(dev, found, 0)
        dev.wait("the first message", lambda: _accepted(slack), STARTS)
        say("latency: the house is up, and its tables are built")
        for number in range(1, files + 1):
            time.sleep(dice.uniform(*between))
            _land(dev, found, number)
        dev.wait("the last message", lambda: len(_accepted(slack)) > files, ENDS)
        found.load = _load()
        _take(dev, slack, found)
        dev.end()
    return found


@contextmanager
def _slack() -> Iterator[Program]:
    program, monitors = Program(), load_config(Settings().config_folder).monitors
    channels = {name for monitor in monitors.values() for name in monitor.channels}
    program.control(reset=True, channels=dict.fromkeys(channels, "member"))
    try:
        yield program
    finally:
        program.stop()


def _house(folder: Path, slack: Program) -> DagsterDev:
    told = {"TRAILHOUSE_SLACK_URL": f"{slack.url}api/", "TRAILHOUSE_SLACK_TOKEN": TOKEN}
    return DagsterDev(folder, told, shorter={})


def _land(dev: DagsterDev, found: Measured, number: int) -> None:
    """As a collector does: written under another name, then renamed."""
    now = datetime.now(UTC).isoformat()
    said = {"event_id": f"e{number}", "event_name": "signed_up", "timestamp": now, "received_at": now}
    said |= {"ids": {"user": f"s{number}"}, "properties": {"method": "github"}}
    path = dev.folder / "inbox" / "web" / f"{number}.ndjson"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_text(f"{json.dumps(said)}\n")
    temporary.rename(path)
    found.landed[number] = time.time()


def _accepted(slack: Program) -> dict[int, tuple[str, float]]:
    """File -> (reference of its message, when Slack took it in seconds since 1970)."""
    workspace, found = slack.control(), {}
    for message in workspace["messages"]:
        if said := SIGNED_UP.search(message["text"]):
            reference = f"{message['channel']}/{message['ts']}"
            found[int(said[1])] = (reference, workspace["taken_at"][message["ts"]])
    return found


def _take(dev: DagsterDev, slack: Program, found: Measured) -> None:
    """The first file is left out: its tick builds every table."""
    accepted = _accepted(slack)
    found.messages = len(slack.control()["messages"])
    with closing(Ledger(f"sqlite:///{dev.data / 'ledger.sqlite'}")) as ledger:
        told = {(row["path"], row["reference"]): row for row in ledger.rows(MOMENTS)}
    for number in sorted(found.landed)[1:]:
        reference, taken_at = accepted[number]
        row = told[f"inbox/web/{number}.ndjson", reference]
        ledgers = [row[name] / 1e6 for name in ("as_of", "committed_at", "decided_at", "planned_at")]
        moments = [found.landed[number], *ledgers, taken_at]
        parts = [after - before for before, after in pairwise(moments)]
        found.parts.append((*parts, taken_at - found.landed[number]))


def _load() -> float:
    """Processes that wanted a core, on average over the last 15 minutes: 1 of it is the house itself."""
    return float(Path("/proc/loadavg").read_text().split()[2])


def figures(found: Measured) -> list[Figures]:
    title = f"From a file's landing to Slack, {len(found.parts)} sign-ups, load {found.load:.1f}"
    table = Figures(title, ["part", "p50", "p95", "max"])
    for number, name in enumerate(PARTS):
        taken = sorted(parts[number] for parts in found.parts)
        table.rows.append([name, *(f"{_quantile(taken, share):.1f} s" for share in (0.5, 0.95, 1.0))])
    return [table]


def _quantile(taken: list[float], share: float) -> float:
    """The smallest that so many do not exceed."""
    return taken[math.ceil(share * len(taken)) - 1]
