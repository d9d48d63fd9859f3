"""The two things that are done for monitors, whoever asks: look, and send what was decided."""

from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass
from functools import cache

from pipelines.config.monitors import Monitor, What
from pipelines.deliveries import channel_of
from pipelines.ledger import Ledger
from pipelines.ledger.alerts import Alerts
from pipelines.moments import utc
from pipelines.monitors.asking import Reader, ask_outside
from pipelines.monitors.conditions import Row
from pipelines.monitors.messages import Voice
from pipelines.monitors.readings import AskError, NotSetUp, NotYet
from pipelines.monitors.send import Sent, send
from pipelines.monitors.tick import Tick, due
from pipelines.settings import Settings

LOOK_WAIT_SECONDS = 10  # for a look of another process, which takes a second
Actions = Callable[[Reader, What, int, int], list[Row]]  # what Asks.actions gives


@dataclass(slots=True)
class Asking:
    """What a look asks. reader: None where somebody else writes: only what lies outside of the warehouse is asked then.

    position: up to which batch `actions` may be asked. ask_dagster: None outside of it.
    """

    settings: Settings
    reader: Reader | None
    ask_actions: Actions
    position: int = 0
    ask_dagster: Callable[[What], list[Row]] | None = None

    def rows(self, what: What, as_of: int) -> list[Row]:
        if what.database is not None:
            return self._outside(what, as_of)
        if what.dagster is not None:
            return self._dagster(what)
        if self.reader is None:
            raise AskError("the warehouse is being written to")
        return self.reader.ask(what.query or "", as_of, what.timeout)

    def _dagster(self, what: What) -> list[Row]:
        if self.ask_dagster is None:
            raise NotYet("who looks is no part of Dagster")
        return self.ask_dagster(what)

    def _outside(self, what: What, as_of: int) -> list[Row]:
        name = what.database or ""
        if not self.settings.has_database(name):
            raise NotSetUp(f"the database '{name}' is not set up; its address: TRAILHOUSE_DATABASES__{name.upper()}")
        try:
            return ask_outside(self.settings.database_address(name), what.query or "", utc(as_of), what.timeout)
        except AskError as error:
            raise AskError(f"{error}; its address: TRAILHOUSE_DATABASES__{name.upper()}") from None

    def actions(self, what: What, after: int, upto: int) -> list[Row]:
        if self.reader is None:
            raise AskError("the warehouse is being written to")
        return self.ask_actions(self.reader, what, after, upto)


def look(
    alerts: Alerts,
    monitors: dict[str, Monitor],
    asking: Asking,
    voice: Voice,
    as_of: int,
    by_batch: bool = False,
    names: Collection[str] | None = None,
) -> Tick:
    """One look at what is due, or at `names`; without a warehouse at what needs none. as_of: µs UTC. Errors: Busy."""
    with alerts.alone(LOOK_WAIT_SECONDS):
        tick = Tick(alerts, monitors, asking, voice, as_of)
        wanted = due(monitors, tick.looks, as_of, by_batch) if names is None else names
        tick.run([name for name in wanted if asking.reader is not None or not needs_warehouse(monitors[name])])
        return tick


def needs_warehouse(monitor: Monitor) -> bool:
    what = monitor.what
    return what.gap is None and what.dagster is None and what.database is None


def send_notes(settings: Settings, zone: str, seconds: float = 25, at: int | None = None) -> Sent:
    """What is decided and not sent yet, to Slack or the outbox. at: µs UTC, default now."""
    with closing(Ledger(settings.ledger_address)) as ledger:
        return send(ledger, cache(lambda name: channel_of(settings, name)), zone, seconds, at)
