"""Work: projects, code runs, deployments and API errors, as the servers see them, all sent by `backend`."""

from simulator.days import HOUR, MINUTE, SECOND
from simulator.dice import Weighted
from simulator.events import Deployment, Event, Trail

LANGUAGES = Weighted({"python": 40, "typescript": 28, "go": 14, "rust": 10, "sql": 8})
REGIONS = Weighted({"eu-central": 55, "us-east": 30, "ap-south": 15})
ERRORS = Weighted({"rate_limited": 36, "timeout": 24, "invalid_token": 16, "internal": 14, "quota_exceeded": 10})
ENDPOINTS = ("/v1/runs", "/v1/deployments", "/v1/projects", "/v1/secrets")
REASONS = Weighted({"build_failed": 50, "health_check": 30, "out_of_memory": 20})
# Names that break what does not escape them; they must come out as they went in.
NAMES = Weighted(
    {
        "api": 30,
        "shop": 20,
        "etl": 18,
        "site": 18,
        "Übersicht ☕": 3,
        "<b>bold</b>": 2,
        "a'; drop table b; --": 1,
    }
)
OUTCOMES = Weighted({"completed": 79, "failed": 12, "too_long": 4, "never_ended": 5})
# Well apart, so that any timeout from 15 to 60 minutes tells the same deployments apart. Seconds.
_DURATIONS = {
    "completed": (15, 45, 100, 840),
    "failed": (5, 30, 90, 600),
    "too_long": (3700, 5400, 9000, 18000),
}
_ENDS_WITHOUT_USER = 0.25
_REPEATED_START = 0.01


class Work:
    """What a person builds. `incident`: from when to when the platform itself is ill (microseconds, UTC)."""

    def __init__(self, trail: Trail, incident: tuple[int, int]) -> None:
        self.trail, self.dice, self.incident = trail, trail.dice, incident
        self.projects: list[str] = []

    def is_ill(self, at: int) -> bool:
        return self.incident[0] <= at < self.incident[1]

    def create_project(self, at: int, user: str) -> None:
        project = self.dice.identifier("prj-")
        self.projects.append(project)
        name = f"{self.dice.draw(NAMES)}-{len(self.projects)}"
        properties = {"project_id": project, "name": name, "template": self.dice.chance(0.4)}
        self.trail.backend("project_created", at, {"user": user}, properties)

    def run_code(self, at: int, user: str) -> None:
        is_failed = self.dice.chance(0.6 if self.is_ill(at) else 0.08)
        properties: dict[str, object] = {
            "project_id": self.dice.pick(self.projects),
            "language": self.dice.draw(LANGUAGES),
            "status": "error" if is_failed else "ok",
            "duration_ms": self.dice.count((40, 300, 1800, 60000)),
        }
        self.trail.backend("code_run", at, {"user": user}, properties)
        if self.dice.chance(0.5 if is_failed else 0.01):
            self.meet_error(at + 200_000, user)

    def meet_error(self, at: int, user: str) -> None:
        code = "internal" if self.is_ill(at) else self.dice.draw(ERRORS)
        properties = {"code": code, "endpoint": self.dice.pick(ENDPOINTS), "retry": self.dice.chance(0.3)}
        self.trail.backend("api_error", at, {"user": user}, properties)

    def deploy(self, at: int, user: str) -> None:
        deployment_id, region = self.dice.identifier("d-"), self.dice.draw(REGIONS)
        ids = {"user": user, "deployment_id": deployment_id}
        properties = {"project_id": self.dice.pick(self.projects), "region": region}
        starts = [self.trail.backend("deployment_started", at, ids, properties)]
        if self.dice.chance(_REPEATED_START):
            again_at = at + self.dice.between(1, 3) * SECOND
            starts.append(self.trail.backend("deployment_started", again_at, ids, properties))
        outcome = "failed" if self.is_ill(at) and self.dice.chance(0.6) else self.dice.draw(OUTCOMES)
        deployment = Deployment(deployment_id, starts, outcome)
        self.trail.deployments.append(deployment)
        if outcome != "never_ended":
            deployment.end = self._end(starts[0], outcome)

    def _end(self, start: Event, outcome: str) -> Event:
        duration = self.dice.count(_DURATIONS[outcome]) * SECOND + self.dice.between(0, 999_999)
        ids = dict(start.ids)
        if self.dice.chance(_ENDS_WITHOUT_USER):
            del ids["user"]
        name = "deployment_failed" if outcome == "failed" else "deployment_completed"
        details = {"reason": self.dice.draw(REASONS)} if outcome == "failed" else {"size_bytes": duration // 3}
        return self.trail.backend(name, start.occurred_at + duration, ids, details)


def incident_of(starts_at: int, ends_at: int) -> tuple[int, int]:
    """Ninety minutes, four days before the end or in the middle: something for alerts to find."""
    at = max(ends_at - 4 * 24 * HOUR + 14 * HOUR, (starts_at + ends_at) // 2)
    at -= at % MINUTE
    return at, at + 90 * MINUTE
