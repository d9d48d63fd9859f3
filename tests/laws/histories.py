"""Random histories: a few ids that meet often, on the days when the clock changes, in any order of arrival."""

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from tests.laws.happenings import Event, moment

# the midnights around a day of 23 hours and one of 25 hours in Berlin
SEASONS = (
    (moment("2026-03-28 22:40"), moment("2026-03-29 21:40")),
    (moment("2026-10-24 21:40"), moment("2026-10-25 22:40")),
)
EDITS = (
    ("shared_device_limit", 1),
    ("session_gap_minutes", 10),
    ("report_timezone", "Asia/Kathmandu"),
    ("merge_events", ("alias",)),
)
CALM = ("", "", "", "", "", "batch")
STORMY = ("refresh", "refresh", "refresh", "crash", "delete", "edit")


@dataclass(frozen=True, slots=True)
class Step:
    """What happens after an event has arrived. kind: '' | batch | refresh | crash | delete | edit; each but '' ends the batch."""

    kind: str = ""
    after: int = 0  # statements that a crashing refresh still runs
    edit: tuple[str, object] = EDITS[0]


def _maybe(*values: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from((None, *values))


OTHER_IDS = st.permutations(("deployment_id", "project_id")).flatmap(
    lambda kinds: st.lists(st.sampled_from(kinds), unique=True, max_size=2).flatmap(
        lambda chosen: st.tuples(*(st.tuples(st.just(kind), st.sampled_from(("1", "2"))) for kind in chosen))
    )
)


@st.composite
def event(draw: st.DrawFn, season: tuple) -> Event:
    name = draw(st.sampled_from(("page_viewed",) * 4 + ("identify", "alias", "unalias")))
    minutes, microseconds = draw(st.integers(0, 9)) * 10, draw(st.sampled_from((0, 0, 1)))
    return Event(
        source=draw(st.sampled_from(("web", "web", "backend", "shop"))),
        event_id=f"e{draw(st.integers(0, 40)):02}",
        event_name=name,
        occurred_at=draw(st.sampled_from(season)) + timedelta(minutes=minutes, microseconds=microseconds),
        user_id=draw(_maybe("1", "2", "3", "4")),
        anonymous_id=draw(_maybe("a", "b", "c")),
        other_user_id=None if name == "page_viewed" else draw(_maybe("1", "2", "3", "4")),
        other_ids=draw(OTHER_IDS),
        path=draw(_maybe("/", "/docs")),
        plan=draw(_maybe("free", "pro")),
    )


STEP = st.sampled_from(CALM * 3 + STORMY).flatmap(
    lambda kind: st.builds(Step, st.just(kind), st.integers(0, 250), st.sampled_from(EDITS))
)


@st.composite
def histories(draw: st.DrawFn, longest: int = 24) -> list[tuple[Event, Step]]:
    """Events in their order of arrival, each with what happens after it."""
    season = draw(st.sampled_from(SEASONS))
    arrivals = st.tuples(event(season), STEP)
    return draw(st.lists(arrivals, min_size=6, max_size=longest, unique_by=lambda each: (each[0].source, each[0].event_id)))
