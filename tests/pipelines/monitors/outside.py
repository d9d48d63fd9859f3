"""A database outside with one table of numbers, monitors that ask it, and looks at moments that a test chooses.

Everything is real: SQLAlchemy and SQLite, the ledger, the outbox.
"""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from pydantic import SecretStr

from pipelines.config.monitors import Monitor
from pipelines.deliveries import Outbox
from pipelines.ledger import Ledger
from pipelines.ledger.alerts import Alerts, Note
from pipelines.monitors.messages import Voice
from pipelines.monitors.send import Sent, send
from pipelines.monitors.tick import Tick
from pipelines.monitors.work import Asking, look
from tests.houses import settings_in

MINUTE = 60_000_000
START = 1_767_225_600_000_000  # 2026-01-01, UTC
ZONE = "UTC"
LEAST = {
    "description": "Numbers are high.",
    "owner": "team:data",
    "severity": "warning",
    "every": "1m",
    "channels": ["C0ALERTS"],
    "what": {"query": "select name, value from numbers order by name", "labels": ["name"], "database": "numbers"},
    "condition": {"above": 10},
}


def monitor(**changes) -> Monitor:
    return Monitor.model_validate(LEAST | changes)


class Outside:
    """minute: of the last look, since START."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.path, self.ledger, self.alerts = folder / "numbers.sqlite", ledger, Alerts(ledger)
        self.folder, self.minute = folder / "data" / "outbox", 0.0
        url = SecretStr(f"sqlite:///{self.path}")
        self.settings = settings_in(folder, databases={"numbers": url})
        self.say({})

    def say(self, numbers: Mapping[str, float | None]) -> None:
        """What the database holds from now on."""
        with closing(sqlite3.connect(self.path)) as database:
            database.executescript("drop table if exists numbers; create table numbers (name text, value real)")
            database.executemany("insert into numbers values (?, ?)", numbers.items())
            database.commit()

    def break_down(self) -> None:
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("drop table if exists numbers")

    def look(self, minute: float, monitors: dict[str, Monitor], **numbers: float | None) -> Tick:
        """At what is due at the minute, after the database was told the numbers."""
        self.minute = minute
        if numbers:
            self.say(numbers)
        asking = Asking(self.settings, None, lambda *_: [])
        return look(self.alerts, monitors, asking, Voice(ZONE), START + round(minute * MINUTE))

    def send(self) -> Sent:
        outbox = Outbox(self.folder)
        return send(self.ledger, lambda _name: outbox, ZONE, at=START + round(self.minute * MINUTE))

    def states(self, name: str = "high") -> dict[str, str]:
        """Value of the label (or all labels) -> state."""
        found = self.alerts.transitions(name)  # in order: the last one counts
        return {json.loads(each.labels).get("name", each.labels): each.state for each in found}

    def notes(self) -> list[Note]:
        return [note for each in self.alerts.unsent(2**62) for note in self.alerts.of_incident(each)]

    def kinds(self) -> list[str]:
        return [note.kind for note in self.notes()]

    def messages(self) -> dict[str, str]:
        """Unit -> what the outbox says."""
        found = [json.loads(path.read_text()) for path in self.folder.glob("**/*.json")]
        return {each["unit"]: each["text"] for each in found}
