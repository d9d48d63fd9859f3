"""The shape of the world: weeks, days and lives that look like those of a real platform."""

import re
from collections import Counter
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from tests.simulator.world import World, moment

BERLIN = ZoneInfo("Europe/Berlin")
NAMES = {
    "web": "alias identify invitation_accepted invited logged_in logged_out page_viewed plan_cancelled signed_up unalias",
    "jobs": "job_completed job_failed job_heartbeat job_started",
    "backend": "api_error code_run deployment_completed deployment_failed deployment_started project_created",
}


def test_weekends_are_quieter_than_weekdays(world: World) -> None:
    dates = Counter(event["occurred_at"].astimezone(BERLIN).date() for event in world.events.values())
    weeks = [date(2026, 10, 5) + timedelta(days=7 * number) for number in range(3)]
    for monday in weeks:
        busy = [dates[monday + timedelta(days=number)] for number in range(7)]
        assert max(busy[5:]) < sum(busy[:5]) / 5


def test_nights_are_quieter_than_days(world: World) -> None:
    hours = Counter(event["occurred_at"].astimezone(BERLIN).hour for event in world.events.values())
    assert 3 * max(hours[hour] for hour in (1, 2, 3, 4)) < min(hours[hour] for hour in (10, 11, 14, 15))


def test_the_last_day_of_summer_time_has_its_doubled_hour(world: World) -> None:
    local = [event["occurred_at"].astimezone(BERLIN) for event in world.events.values()]
    folds = Counter(at.fold for at in local if at.date() == date(2026, 10, 25) and at.hour == 2)
    assert set(folds) == {0, 1}


def test_each_source_sends_its_own_events_in_snake_case(world: World) -> None:
    for source, names in NAMES.items():
        found = {event["event_name"] for (each, _), event in world.events.items() if each == source}
        assert found == set(names.split())
        assert all(re.fullmatch("[a-z]+(_[a-z]+)*", name) for name in found)


def test_visits_carry_referrer_campaign_and_device(world: World) -> None:
    contexts = [event["context"] for (source, _), event in world.events.items() if source == "web"]
    assert all(context["user_agent"] and context["page"]["path"] for context in contexts)
    assert {context["device"]["type"] for context in contexts} == {"desktop", "mobile", "tablet", "bot"}
    assert sum("referrer" in context["page"] for context in contexts) > 100
    assert {context["campaign"]["medium"] for context in contexts if "campaign" in context} == {
        "cpc",
        "social",
        "email",
    }


def test_every_role_is_there_and_behaves_like_it(world: World) -> None:
    people = {
        role: [p for p in world.rows("truth.ndjson") if p["role"] == role]
        for role in ("visitor", "bot", "staff", "member")
    }
    assert all(person["events"].keys() == {"page_viewed"} for person in people["visitor"] + people["bot"])
    assert all(person["email"].endswith("@staff.example.com") for person in people["staff"])
    signed_up = sum("signed_up" in person["events"] for person in people["member"])
    assert 0.8 * len(people["member"]) < signed_up < len(people["member"])
    assert len(people["visitor"]) > 0.8 * len(people["member"])


def test_the_sign_up_in_the_truth_is_the_one_in_the_files(world: World) -> None:
    found = {e["ids"]["user"]: e["occurred_at"] for e in world.events.values() if e["event_name"] == "signed_up"}
    for person in world.rows("truth.ndjson"):
        if "signed_up" in person["events"]:
            assert moment(person["signed_up_at"]) == found[person["user_ids"][0]]


def test_a_few_own_most_and_some_return_after_a_long_silence(world: World) -> None:
    owned = Counter(row["person_id"] for row in world.rows("events.ndjson.gz") if row["person_id"])
    top = [count for _, count in owned.most_common(len(owned) // 10)]
    assert sum(top) > 0.5 * owned.total()
    assert _longest_silences(world)[-3] > timedelta(days=15)


def _longest_silences(world: World) -> list[timedelta]:
    """Per person with several events the longest time without a code run or deployment, shortest first."""
    times: dict[str, list] = {}
    for (_, _), event in world.events.items():
        if event["event_name"] in ("code_run", "deployment_started"):
            times.setdefault(event["ids"]["user"], []).append(event["occurred_at"])
    gaps = [
        [after - before for before, after in zip(sorted(at), sorted(at)[1:], strict=False)] for at in times.values()
    ]
    return sorted(max(each) for each in gaps if each)
