"""The expected persons are those of the semantics, found again from the files by another way."""

from typing import Any

import pytest

from tests.simulator.world import World

LIMITS = (3, 11)


def _users(world: World) -> dict[str, set[str]]:
    """user -> all user ids of the person, by the last statement about each pair."""
    groups: dict[str, set[str]] = {}
    last: dict[frozenset[str], tuple[Any, ...]] = {}
    for (_, event_id), event in world.events.items():
        ids = event["ids"]
        groups.update({ids[kind]: {ids[kind]} for kind in ("user", "other_user") if kind in ids})
        if "other_user" in ids:
            pair = frozenset((ids["user"], ids["other_user"]))
            last[pair] = max(last.get(pair, ()), (event["occurred_at"], event_id, event["event_name"]))
    for pair, (_, _, name) in last.items():
        if name != "unalias":
            groups.update({user: set(pair) for user in pair})
    return groups


def _owners(world: World, limit: int) -> dict[str, str | None]:
    """anonymous -> the first user it was seen with, itself when with none, None when with too many."""
    seen: dict[str, list[tuple[Any, str, str, str]]] = {}
    for (source, event_id), event in world.events.items():
        ids = event["ids"]
        if ids.get("anonymous", "").startswith("a-"):
            moments = seen.setdefault(ids["anonymous"], [])
            moments += [(event["occurred_at"], source, event_id, ids["user"])] if "user" in ids else []
    many = {key for key, moments in seen.items() if len({user for *_, user in moments}) > limit}
    return {key: None if key in many else min(found)[3] if found else key for key, found in seen.items()}


def _expected(world: World, kind: str) -> dict[str, str | None]:
    return {row["id"]: row["person_id"] for row in world.rows("identities.ndjson") if row["kind"] == kind}


def test_accounts_are_joined_by_the_last_statement_alone(world: World) -> None:
    persons = _expected(world, "user")
    groups = _users(world)
    assert persons.keys() == groups.keys()
    for user, group in groups.items():
        assert {other for other in group if persons[other] == persons[user]} == group
        assert persons[user] in group
    assert any(len(group) == 2 for group in groups.values())
    names = {event["event_name"] for event in world.events.values() if "other_user" in event["ids"]}
    assert names == {"alias", "identify", "unalias"}


@pytest.mark.parametrize("limit", LIMITS)
def test_devices_belong_to_their_first_user_under_any_sensible_limit(world: World, limit: int) -> None:
    users = _expected(world, "user")
    found = {key: users.get(owner or "", owner) for key, owner in _owners(world, limit).items()}
    assert found == _expected(world, "anonymous")


def test_the_fair_machine_is_nobodys_and_households_share(world: World) -> None:
    nobodys = [key for key, person in _expected(world, "anonymous").items() if person is None]
    assert len(nobodys) == 1
    assert world.totals["shared_devices"] > 1
    shared = [row for row in world.rows("truth.ndjson") if row["shared_devices"]]
    assert len(shared) > 4


def test_persons_are_counted(world: World) -> None:
    persons = {row["person_id"] for row in world.rows("identities.ndjson") if row["kind"] in ("user", "anonymous")} - {
        None
    }
    assert world.totals["persons"] == len(persons) == sum(world.totals["persons_by_role"].values())


def test_placeholders_are_no_ids(world: World) -> None:
    sent = {event["ids"].get("anonymous", "a-") for event in world.events.values()}
    assert any(not each.startswith("a-") for each in sent)
    assert all(key.startswith("a-") for key in _expected(world, "anonymous"))
    assert world.totals["sources"]["web"]["without_person"] > 0


def test_every_event_leads_to_the_person_of_its_ids(world: World) -> None:
    persons = {(row["kind"], row["id"]): row["person_id"] for row in world.rows("identities.ndjson")}
    kinds = ("user", "anonymous", "deployment_id", "job_id")
    for row in world.rows("events.ndjson.gz"):
        ids = world.events[row["source"], row["event_id"]]["ids"]
        kind = next(kind for kind in kinds if kind in ids)
        assert row["person_id"] == persons.get((kind, ids[kind]))
