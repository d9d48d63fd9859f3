"""Histories that are easy to get wrong, each named by what makes it so. Every batch is refreshed, or what its Step says."""

from tests.laws.happenings import Event, moment
from tests.laws.histories import History, Step

DEPLOYMENT, PROJECT = ("deployment_id", "1"), ("project_id", "1")
REFRESH = Step("refresh")


def event(event_id: str, time: str, **rest) -> Event:
    """A page view in the browser on 2026-03-28 at `time`, UTC, unless the rest says otherwise."""
    source, name = rest.pop("source", "web"), rest.pop("name", "page_viewed")
    return Event(source, event_id, name, moment(f"2026-03-28 {time}"), **rest)


def a_device_gets_a_user() -> History:
    """Its earlier events, until then of a person of their own, become the user's."""
    return [
        ([event("e1", "10:00", anonymous_id="a"), event("e2", "10:10", anonymous_id="b")], REFRESH),
        ([event("e3", "10:20", anonymous_id="a", user_id="1")], REFRESH),
    ]


def a_late_event_takes_a_device_from_its_user() -> History:
    return [
        ([event("e1", "10:00", anonymous_id="a"), event("e2", "10:10", anonymous_id="a", user_id="1")], REFRESH),
        ([event("e3", "09:00", anonymous_id="a", user_id="2")], REFRESH),
    ]


def a_merge_is_taken_back() -> History:
    users = {"user_id": "1", "other_user_id": "2"}
    return [
        ([event("e1", "10:00", user_id="1"), event("e2", "10:10", user_id="2", anonymous_id="a")], REFRESH),
        ([event("e3", "10:20", name="alias", **users)], REFRESH),
        ([event("e4", "10:30", name="unalias", **users)], REFRESH),
    ]


def a_late_event_renames_a_person() -> History:
    """The second of two merged users turns out to be the earlier one; the first does not occur in the new batch."""
    first = event("e1", "10:00", user_id="1", anonymous_id="a")
    second = event("e2", "10:10", name="alias", user_id="2", other_user_id="1")
    return [([first, second], REFRESH), ([event("e3", "09:00", user_id="2")], REFRESH)]


def events_of_nobody_become_somebodys() -> History:
    return [
        ([event("e1", "10:00", other_ids=(DEPLOYMENT,)), event("e2", "10:00")], REFRESH),
        ([event("e3", "11:00", user_id="1", other_ids=(DEPLOYMENT,))], REFRESH),
    ]


def a_deployment_leaves_a_device_of_nobody() -> History:
    """The device gets one user too many; the deployment that it carried goes on to a person whom nothing else touches."""
    first = [
        event("e1", "10:00", anonymous_id="a", user_id="1"),
        event("e2", "10:10", anonymous_id="a", other_ids=(DEPLOYMENT,)),
        event("e3", "10:20", user_id="4", other_ids=(DEPLOYMENT,)),
        event("e4", "10:30", other_ids=(DEPLOYMENT,)),
    ]
    users = [event(f"e{user}", "11:00", source="backend", anonymous_id="a", user_id=user) for user in "23"]
    return [(first, REFRESH), (users, REFRESH)]


def an_event_of_two_other_ids_changes_over_to_the_first() -> History:
    """It followed its project; then its deployment, until then nobody's, gets a person. The project's person is not touched."""
    return [
        ([event("e1", "10:00", other_ids=(DEPLOYMENT, PROJECT))], REFRESH),
        ([event("e2", "10:10", user_id="1", other_ids=(PROJECT,))], REFRESH),
        ([event("e3", "10:20", user_id="2", other_ids=(DEPLOYMENT,))], REFRESH),
    ]


def a_session_goes_on() -> History:
    """On time, late before its start, late inside it, and one that joins two sessions."""
    first = [event("e1", "10:00", user_id="1"), event("e2", "10:50", user_id="1")]
    later = [("e3", "11:00"), ("e4", "09:45"), ("e5", "10:05"), ("e6", "10:30")]
    return [(first, REFRESH), *(([event(name, time, user_id="1")], REFRESH) for name, time in later)]


def a_session_moves_to_another_date() -> History:
    """An event before midnight (Berlin) that comes late takes the session's start along, and the date has no other."""
    return [
        ([event("e1", "23:05", user_id="1")], REFRESH),
        ([event("e2", "22:50", user_id="1")], REFRESH),
    ]


def an_edit_without_new_events() -> History:
    """The gap of sessions shrinks: the numbers by day must hear of it though the log did not move."""
    visit = [event("e1", "10:00", user_id="1"), event("e2", "10:20", user_id="1")]
    return [(visit, Step("edit", edit=("session_gap_minutes", 10)))]


def two_statements_at_one_moment_with_one_id() -> History:
    """An event id is unique within a source only: the source itself breaks the tie."""
    pairs = [{"user_id": str(user), "other_user_id": str(user + 1)} for user in range(1, 9)]
    merges = [event(f"e{number}", "10:00", name="alias", **pair) for number, pair in enumerate(pairs)]
    parts = [
        event(f"e{number}", "10:00", name="unalias", source="backend", **pair) for number, pair in enumerate(pairs)
    ]
    return [(merges[:4] + parts[4:], REFRESH), (merges[4:] + parts[:4], REFRESH)]


def two_traits_at_one_moment_with_one_id() -> History:
    plans = {"web": "free", "backend": "pro"}
    known = [
        event(f"e{user}", "10:00", name="identify", source=source, user_id=str(user), plan=plans[source])
        for user in range(1, 9)
        for source in plans
    ]
    return [(known, REFRESH)]


def an_event_is_sent_again() -> History:
    """In the same file, in another one, and all of a batch once more."""
    first, second = event("e1", "10:00", user_id="1"), event("e2", "10:10", anonymous_id="a")
    third = event("e3", "10:20", user_id="1", anonymous_id="a")
    return [([first, second, first], REFRESH), ([third, second], Step("again"))]


def a_late_entry_comes_before_the_end_of_a_span() -> History:
    """The end is a step that it reaches, and belongs to a span that began before it."""
    deployment = {"source": "backend", "user_id": "1", "other_ids": (DEPLOYMENT,)}
    span = [
        event("e1", "10:00", name="deployment_started", **deployment),
        event("e2", "10:15", name="deployment_completed", **deployment),
    ]
    entry = [event("e3", "10:05", user_id="1"), event("e4", "10:10", name="identify", user_id="1", plan="free")]
    return [(span, REFRESH), (entry, REFRESH)]


def a_late_entry_is_one_attempt_with_one_whose_window_is_over() -> History:
    """Nothing lies between them, and the date is the same."""
    early, late = event("e1", "10:00", user_id="1"), event("e2", "15:00", user_id="1")
    return [([early], REFRESH), ([late, event("e3", "15:05", name="identify", user_id="1")], REFRESH)]


def a_trait_is_stated_late_for_an_entry_that_is_over() -> History:
    said = {"name": "identify", "user_id": "1"}
    return [
        ([event("e1", "10:00", user_id="1"), event("e2", "20:00", plan="free", **said)], REFRESH),
        ([event("e3", "09:00", plan="pro", **said)], REFRESH),
    ]


def a_late_page_comes_into_a_path() -> History:
    """What was reached after it comes from another page now, and its own page is no further step."""
    first = [event("e1", "09:00", user_id="1", path="/"), event("e2", "09:10", user_id="1", path="/docs")]
    return [(first, REFRESH), ([event("e3", "09:05", user_id="1", path="/docs")], REFRESH)]


def a_late_page_joins_two_paths() -> History:
    first = [event("e1", "09:00", user_id="1", path="/"), event("e2", "09:50", user_id="1", path="/docs")]
    return [(first, REFRESH), ([event("e3", "09:25", user_id="1", path="/pricing")], REFRESH)]


HISTORIES = [
    a_device_gets_a_user,
    a_late_event_takes_a_device_from_its_user,
    a_merge_is_taken_back,
    a_late_event_renames_a_person,
    events_of_nobody_become_somebodys,
    a_deployment_leaves_a_device_of_nobody,
    an_event_of_two_other_ids_changes_over_to_the_first,
    a_session_goes_on,
    a_session_moves_to_another_date,
    an_edit_without_new_events,
    two_statements_at_one_moment_with_one_id,
    two_traits_at_one_moment_with_one_id,
    an_event_is_sent_again,
    a_late_entry_comes_before_the_end_of_a_span,
    a_late_entry_is_one_attempt_with_one_whose_window_is_over,
    a_trait_is_stated_late_for_an_entry_that_is_over,
    a_late_page_comes_into_a_path,
    a_late_page_joins_two_paths,
]
