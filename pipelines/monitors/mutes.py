"""Of what nothing new is said, though it fires: silences, quiet hours, and what reads a source that is stale. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pipelines.config.monitors import Monitor, QuietHours
from pipelines.ledger.alerts import Silence
from pipelines.moments import micros, utc


@dataclass(frozen=True, slots=True)
class Mutes:
    """As they hold at `now` (µs UTC). stale: sources that a firing monitor with mutes_by names."""

    now: int
    zone: str
    silences: tuple[Silence, ...] = ()
    stale: frozenset[str] = frozenset()

    def why(self, name: str, monitor: Monitor | None, labels: str) -> str | None:
        """Why nothing new is said of an instance; None: it is heard. monitor: None once it is gone from the file."""
        if (silenced := self.silenced(name, labels)) or monitor is None:
            return silenced
        if stale := sorted(self.stale & set(monitor.sources)):
            return f"its source {stale[0]} is stale"
        quiet = monitor.severity != "critical" and monitor.quiet_hours
        return "quiet hours" if quiet and loud_at(quiet, self.now, self.zone) > self.now else None

    def silenced(self, name: str, labels: str) -> str | None:
        silence = next((each for each in self.silences if silences(each, name, labels)), None)
        return f"silenced by {silence.author}: {silence.reason}" if silence else None


def silences(silence: Silence, name: str, labels: str) -> bool:
    wanted, given = json.loads(silence.labels), json.loads(labels)
    return silence.monitor in ("*", name) and all(given.get(key) == value for key, value in wanted.items())


def stale_sources(firing: Iterable[tuple[str, str]], monitors: dict[str, Monitor]) -> frozenset[str]:
    """firing: (monitor, labels) of what is told now."""
    named = [(monitors[name].mutes_by, labels) for name, labels in firing if name in monitors]
    found = [json.loads(labels).get(label) for label, labels in named if label is not None]
    return frozenset(each for each in found if each is not None)


def loud_at(quiet: QuietHours, now: int, house_zone: str) -> int:
    """When the quiet hours that `now` lies in are over; `now` itself outside of them. µs UTC."""
    zone = ZoneInfo(quiet.zone or house_zone)
    local = utc(now).astimezone(zone)
    if not _is_within(quiet, local):
        return now
    day = local.date() if local.time() < quiet.end else local.date() + timedelta(days=1)
    return max(now, micros(datetime.combine(day, quiet.end, zone)))


def _is_within(quiet: QuietHours, local: datetime) -> bool:
    at = local.time()
    if quiet.start <= quiet.end:
        return quiet.start <= at < quiet.end
    return at >= quiet.start or at < quiet.end


def due_at(monitor: Monitor, now: int, house_zone: str) -> int:
    """When what happens only once may be told."""
    if monitor.quiet_hours is None or monitor.severity == "critical":
        return now
    return loud_at(monitor.quiet_hours, now, house_zone)
