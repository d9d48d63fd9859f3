"""Random histories: a few ids that meet often, on the days when the clock changes, in any order of arrival."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from hypothesis import strategies as st

from tests.laws.happenings import Event, moment

# the midnights around a day of 23 hours and one of 25 hours in Berlin, and what is just two days later
SEASONS = (
    (moment("2026-03-28 22:40"), moment("2026-03-29 21:40"), moment("2026-03-31 21:40")),
    (moment("2026-10-24 21:40"), moment("2026-10-25 22:40"), moment("2026-10-27 22:40")),
)
EDITS = (
    ("shared_device_limit", 1),
    ("session_gap_minutes", 10),
    ("report_timezone", "Asia/Kathmandu"),
    ("merge_events", ("alias",)),
    ("excluded_ids", ("app/user/1", "app/deployment_id/1")),
    ("excluded_domains", ()),
    ("span_timeout_minutes", 40),
    ("repeat_minutes", 30),
    ("funnel_window_minutes", 70),
    ("active_dates", 1),
    ("inactive_after_hours", 49),
    ("meaningful", ("deployment",)),
    ("retention_entry", "each"),
)
TABLES = (
    *("people.links", "people.statements", "people.identities", "people.days", "people.arrivals", "people.persons"),
    *("people.events", "people.traits", "people.excluded", "people.excluded_events", "journeys.sessions"),
    *(
        "journeys.rule_actions",
        "people.trait_values",
        "funnels.events",
        "funnels.entries",
        "funnels.results",
        "funnels.standings",
    ),
    *("funnels.days", "funnels.completions", "funnels.totals", "metrics.funnel_steps", "metrics.funnel_times"),
    *("journeys.action_days", "journeys.cohorts", "journeys.steps", "metrics.pages", "metrics.paths"),
    *("stages.periods", "stages.current", "metrics.stages", "metrics.stage_moves"),
    *("raw.event_names", "raw.properties", "metrics.calendar", "metrics.daily", "metrics.freshness"),
    *("metrics.event_names", "metrics.properties"),
    *("metrics.retention", "metrics.stickiness", "metrics.active_persons"),
)
KINDS = (*("refresh",) * 4, *("some", "compact") * 2, "batch", "crash", "delete", "edit", "rebuild", "again")


@dataclass(frozen=True, slots=True)
class Step:
    """What happens after a batch has arrived: batch is nothing, the others are

    refresh | some | crash | delete | edit | compact | rebuild | again.

    rebuild: every table from nothing, as a person may ask for.
    again: the same events come once more, in new files.
    compact: every received day becomes one segment, and nothing is refreshed.
    some: only some tables are refreshed, as a person may do by hand.
    delete, edit: they refresh first, so the file that is deleted is full, and the edit is all that is new.
    """

    kind: str = "batch"
    after: int = 0  # statements that a crashing refresh still runs
    tables: frozenset[str] = frozenset()
    edit: tuple[str, object] = EDITS[0]


History: TypeAlias = list[tuple[list[Event], Step]]  # batches in the order in which they arrive


def _maybe(nothing: int, *values: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from((None,) * nothing + values)


OTHER_IDS = st.sampled_from(
    [()] * 4
    + [(("deployment_id", "1"),), (("deployment_id", "2"),), (("project_id", "1"),)]
    + [(("deployment_id", "1"), ("project_id", "1")), (("project_id", "1"), ("deployment_id", "2"))]
)

DEPLOYMENTS = st.sampled_from([(), (("deployment_id", "1"),), (("deployment_id", "1"),), (("deployment_id", "2"),)])

STATEMENTS = ("identify", "alias", "unalias")
NAMES = (
    ("page_viewed",) * 4 + STATEMENTS + ("deployment_started",) * 2 + ("deployment_heartbeat", "deployment_completed")
)


@st.composite
def events(draw: st.DrawFn, season: tuple) -> Event:
    name = draw(st.sampled_from(NAMES))
    minutes, microseconds = draw(st.integers(0, 9)) * 10, draw(st.sampled_from((0, 0, 1)))
    return Event(
        source=draw(st.sampled_from(("web", "web", "backend", "shop"))),
        event_id=f"e{draw(st.integers(0, 40)):02}",
        event_name=name,
        occurred_at=draw(st.sampled_from(season)) + timedelta(minutes=minutes, microseconds=microseconds),
        user_id=draw(_maybe(1 if name in STATEMENTS else 3, "1", "2", "3", "4")),
        anonymous_id=draw(_maybe(2, "a", "b", "c")),
        other_user_id=None if name not in STATEMENTS else draw(_maybe(1, "1", "2", "3", "4")),
        other_ids=draw(DEPLOYMENTS if name.startswith("deployment") else OTHER_IDS),
        path=draw(_maybe(1, "/", "/docs")),
        plan=draw(_maybe(1, "free", "pro")),
    )


STEPS = st.sampled_from(KINDS).flatmap(
    lambda kind: st.builds(
        Step,
        st.just(kind),
        after=st.integers(0, 250) if kind == "crash" else st.just(0),
        tables=st.frozensets(st.sampled_from(TABLES)) if kind == "some" else st.just(frozenset()),
        edit=st.sampled_from(EDITS) if kind == "edit" else st.just(EDITS[0]),
    )
)


def _identity(event: Event) -> tuple[str, str]:
    return event.source, event.event_id


def _with_resent(draw: st.DrawFn, arrived: list[Event]) -> list[Event]:
    """Some of them come again, sooner or later."""
    resent = draw(st.lists(st.sampled_from(arrived), max_size=3))
    for event in resent:
        arrived.insert(draw(st.integers(arrived.index(event) + 1, len(arrived))), event)
    return arrived


@st.composite
def histories(draw: st.DrawFn, shortest: int = 8, longest: int = 24, stops: int = 3) -> History:
    """Events in their order of arrival, cut into batches; `stops` limits how often something happens in between."""
    season = draw(st.sampled_from(SEASONS))
    arrived = _with_resent(
        draw, draw(st.lists(events(season), min_size=shortest, max_size=longest, unique_by=_identity))
    )
    ends = draw(st.lists(st.integers(1, len(arrived) - 1), min_size=1, max_size=stops, unique=True).map(sorted))
    batches = [arrived[start:end] for start, end in zip([0, *ends], [*ends, len(arrived)], strict=True)]
    return [(batch, draw(STEPS)) for batch in batches]
