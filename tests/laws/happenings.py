"""The events of a history in plain Python, and the definitions that they are read with. Nothing here knows SQL."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Literal

from pipelines.config import Config, House, Identity
from pipelines.config.actions import Action, action_of
from pipelines.config.exclude import Exclude
from pipelines.config.funnels import Funnel
from pipelines.config.retention import Periods, Retention, Stickiness
from pipelines.config.sources import Source
from pipelines.config.stages import Stages

FIRST = date(2026, 1, 1)
STEPS = {
    "visited": {"action": "visited"},
    "said": {"action": "said_plan"},
    "ended": {"action": "deployment", "outcome": "ok"},
}
TARGET, RETURNED = "visited", ("visited", "deployment")
RETENTION_PERIODS: Periods = {"day": 3, "week": 1, "month": 1, "rolling": 2}
NAMESPACES = {"web": "app", "backend": "app", "shop": "shop"}


@dataclass(frozen=True, slots=True)
class Event:
    """One accepted event. `other_ids`: (kind, value) pairs in the order in which the source sent them; they are kept by kind."""

    source: str
    event_id: str
    event_name: str
    occurred_at: datetime
    user_id: str | None = None
    anonymous_id: str | None = None
    other_user_id: str | None = None
    other_ids: tuple[tuple[str, str], ...] = ()
    path: str | None = None
    plan: str | None = None  # a trait, where the event is one that carries traits
    email: str | None = None  # another
    user_agent: str | None = None

    @property
    def namespace(self) -> str:
        return NAMESPACES[self.source]


@dataclass(frozen=True, slots=True)
class Definitions:
    """What config/*.yaml decides, small enough that every limit is met often."""

    report_timezone: str = "Europe/Berlin"
    shared_device_limit: int = 2
    session_gap_minutes: int = 30
    session_cap_minutes: int = 60
    merge_events: tuple[str, ...] = ("alias", "identify")
    unmerge_events: tuple[str, ...] = ("unalias",)
    trait_events: tuple[str, ...] = ("identify",)
    excluded_ids: tuple[str, ...] = ("app/anonymous/c",)
    excluded_domains: tuple[str, ...] = ("staff.example.com",)
    excluded_agents: tuple[str, ...] = ("(?i)bot",)
    span_timeout_minutes: int = 20
    repeat_minutes: int = 10
    funnel_window_minutes: int = 30
    meaningful: tuple[str, ...] = ("visited", "deployment")
    active_dates: int = 2
    inactive_after_hours: int = 48
    retention_entry: Literal["first", "each"] = "first"

    def edited(self, what: str, value: object) -> "Definitions":
        return replace(self, **{what: value})

    @cache  # noqa: B019 (a handful of definitions; looking up the zones of the machine takes long)
    def config(self) -> Config:
        return Config(
            House(version=1, report_timezone=self.report_timezone, owner="team:data", first_received_date=FIRST),
            Identity(
                version=1,
                merge_events=list(self.merge_events),
                unmerge_events=list(self.unmerge_events),
                trait_events=list(self.trait_events),
                shared_device_limit=self.shared_device_limit,
            ),
            {name: self._source(name) for name in NAMESPACES},
            Exclude(
                ids=list(self.excluded_ids),
                email_domains=list(self.excluded_domains),
                user_agents=list(self.excluded_agents),
            ),
            actions=self._actions(),
            funnels=self._funnels(),
            stages=self._stages(),
            retention={"back": self._retention()},
            stickiness={"regulars": Stickiness(version=1, actions=list(RETURNED))},
        )

    def _stages(self) -> Stages:
        return Stages(
            signed_up=["said_plan"],
            meaningful=list(self.meaningful),
            active_dates=self.active_dates,
            inactive_after=f"{self.inactive_after_hours}h",  # type: ignore[arg-type]
        )

    def _retention(self) -> Retention:
        periods = RETENTION_PERIODS.copy()
        return Retention(
            version=1, target=[TARGET], returned=list(RETURNED), entry=self.retention_entry, periods=periods
        )

    def _actions(self) -> dict[str, Action]:
        visited = {"name": "page_viewed"}, {"within": f"{self.repeat_minutes}m", "key": "plan"}
        deployment = {
            "start": {"name": "deployment_started"},
            "heartbeat": {"name": "deployment_heartbeat"},
            "end": {"name": "deployment_completed"},
            "key": "ids.deployment_id",
            "timeout": f"{self.span_timeout_minutes}m",
        }
        return {
            "visited": action_of({"version": 1, "event": visited[0], "dedupe": visited[1]}),
            "deployment": action_of({"version": 1, "span": deployment}),
            "said_plan": action_of({"version": 1, "event": {"name": "identify"}, "properties": ["plan"]}),
            "completed": action_of({"version": 1, "from_funnel": "plain"}),
        }

    def _funnels(self) -> dict[str, Funnel]:
        """Every mode, re-entry and option; steps on ends of spans, of which no step is the start; traits."""
        visited, said, ended = STEPS.values()
        more = {
            "plain": {"steps": [visited, said, ended], "breakdown": {"trait": "plan"}},
            "after_an_end": {"steps": [ended, visited], "hold": []},
            "again": {"steps": [said, {**said, "name": "again"}], "reentry": "all", "hold": ["plan"]},
            "strict": {
                "steps": [visited, {**ended, "optional": True}, {**said, "within": "10m"}, {**visited, "name": "back"}],
                "reentry": "first",
                "exclusions": [{"action": "said_plan", "where": {"plan": "pro"}, "between": [1, 4]}],
                "breakdown": {"step": 3, "property": "plan"},
            },
            "close": {"steps": [visited, said], "mode": "consecutive"},
            "closer": {"steps": [said, ended, visited], "mode": "consecutive", "among": "all"},
            "any": {"steps": [visited, said, ended], "mode": "any_order", "reentry": "all"},
        }
        same = {"version": 1, "window": f"{self.funnel_window_minutes}m"}
        return {name: Funnel.model_validate(same | each) for name, each in more.items()}

    def _source(self, name: str) -> Source:
        return Source(
            name=name,
            namespace=NAMESPACES[name],
            folder=Path("inbox") / name,
            id_kinds=("deployment_id", "project_id"),
            sessions=name != "backend",
            session_gap_minutes=self.session_gap_minutes,
            session_cap_hours=self.session_cap_minutes / 60,
        )


def moment(text: str) -> datetime:
    """`2026-03-29 01:00` or with seconds, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
