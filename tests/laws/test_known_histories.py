"""Histories that are easy to get wrong, each named by what makes it so; they are judged like any other."""

import pytest

from tests.laws.happenings import Event, moment
from tests.laws.histories import Step
from tests.laws.judgement import judge

DEPLOYMENT, PROJECT = ("deployment_id", "1"), ("project_id", "1")
REFRESH = Step("refresh")


def event(number: int, time: str, **ids) -> Event:
    """A page view on 2026-03-28 at `time`, UTC; `name` and `source` may be given with the ids."""
    name, source = ids.pop("name", "page_viewed"), ids.pop("source", "web")
    return Event(source, ids.pop("event_id", f"e{number}"), name, moment(f"2026-03-28 {time}"), **ids)


def a_deployment_leaves_a_device_of_nobody():
    """The device gets one user too many; the deployment that it carried goes on to a person whom nothing else touches."""
    yield event(1, "10:00", anonymous_id="a", user_id="1"), Step()
    yield event(2, "10:10", anonymous_id="a", other_ids=(DEPLOYMENT,)), Step()
    yield event(3, "10:20", user_id="4", other_ids=(DEPLOYMENT,)), Step()
    yield event(4, "10:30", other_ids=(DEPLOYMENT,)), REFRESH
    yield event(5, "11:00", anonymous_id="a", user_id="2"), Step()
    yield event(6, "11:10", anonymous_id="a", user_id="3"), REFRESH


def an_event_of_two_other_ids_changes_over_to_the_first():
    """It followed its project; then its deployment, until then nobody's, gets a person. The project's person is not touched."""
    yield event(1, "10:00", other_ids=(DEPLOYMENT, PROJECT)), Step()
    yield event(2, "10:10", user_id="1", other_ids=(PROJECT,)), REFRESH
    yield event(3, "10:20", user_id="2", other_ids=(DEPLOYMENT,)), REFRESH


def an_edit_without_new_events_reaches_the_numbers():
    yield event(1, "10:00", user_id="1"), Step()
    yield event(2, "10:20", user_id="1"), REFRESH
    yield event(3, "10:21", user_id="1"), REFRESH
    yield event(4, "10:22", user_id="1"), REFRESH


def two_statements_at_one_moment_with_one_id():
    """Unique within a source only: the source itself breaks the tie."""
    for number in range(4):
        users = {"user_id": str(number), "other_user_id": str(number + 1)}
        yield event(0, "10:00", name="alias", source="web", event_id=f"e{number}", **users), REFRESH
        yield event(0, "10:00", name="unalias", source="backend", event_id=f"e{number}", **users), Step()


def two_traits_at_one_moment_with_one_id():
    for number in range(8):
        for source, plan in (("web", "free"), ("backend", "pro")):
            known = {"event_id": f"e{number}", "user_id": str(number), "plan": plan}
            yield event(0, "10:00", name="identify", source=source, **known), Step()


HISTORIES = [
    a_deployment_leaves_a_device_of_nobody,
    an_event_of_two_other_ids_changes_over_to_the_first,
    two_statements_at_one_moment_with_one_id,
    two_traits_at_one_moment_with_one_id,
]


@pytest.mark.parametrize("history", HISTORIES, ids=lambda each: each.__name__)
def test_known_history(history):
    judge(list(history()))
