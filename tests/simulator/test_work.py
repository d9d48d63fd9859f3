"""Deployments and errors: every outcome, and ends that tell only the deployment."""

from collections import Counter
from datetime import timedelta

from tests.simulator.world import World, moment


def test_deployments_end_in_every_way(world: World) -> None:
    outcomes = world.totals["deployments"]
    assert {"completed", "failed", "too_long", "never_ended"} <= outcomes.keys()
    assert outcomes["completed"] > sum(outcomes.values()) / 2
    assert outcomes == Counter(row["outcome"] for row in world.rows("deployments.ndjson"))


def test_any_timeout_from_fifteen_minutes_to_an_hour_tells_the_same_apart(world: World) -> None:
    for row in world.rows("deployments.ndjson"):
        if row["started_at"] and row["ended_at"]:
            lasted = moment(row["ended_at"]) - moment(row["started_at"])
            assert lasted > timedelta(hours=1) if row["outcome"] == "too_long" else lasted < timedelta(minutes=15)


def test_the_deployments_of_the_truth_are_those_of_the_files(world: World) -> None:
    seen: dict[str, set[str]] = {}
    for event in world.events.values():
        if "deployment_id" in event["ids"]:
            seen.setdefault(event["ids"]["deployment_id"], set()).add(event["event_name"])
    rows = {row["deployment_id"]: row for row in world.rows("deployments.ndjson")}
    assert rows.keys() == seen.keys()
    for key, names in seen.items():
        assert ("deployment_started" in names) == bool(rows[key]["started_at"])
        assert (len(names) == 2 or "deployment_started" not in names) == bool(rows[key]["ended_at"])


def test_some_ends_carry_only_the_deployment_id(world: World) -> None:
    ends = [e for e in world.events.values() if e["event_name"] in ("deployment_completed", "deployment_failed")]
    alone = [end for end in ends if end["ids"].keys() == {"deployment_id"}]
    assert 0.15 < len(alone) / len(ends) < 0.35


def test_errors_have_codes_and_an_incident_stands_out(world: World) -> None:
    errors = [event for event in world.events.values() if event["event_name"] == "api_error"]
    starts_at, ends_at = (moment(world.totals["incident"][key]) for key in ("starts_at", "ends_at"))
    inside = [event for event in errors if starts_at <= event["occurred_at"] < ends_at]
    usual = len(errors) / 30 / 24 * 1.5
    assert len(inside) > 3 * usual
    assert len({event["properties"]["code"] for event in errors}) == 5
