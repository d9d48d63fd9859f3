"""What a push makes of a Grafana: everything that is wanted, once, and nothing that is not ours."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from pipelines.grafana.push import OLDEST, Pushed, things
from pipelines.grafana.push.boards import Board
from pipelines.grafana.push.wanted import Wanted
from tests.grafana.conftest import pushed, told
from tests.grafana.server import Server

FIRST = "dashboard trailhouse-overview"


def whats(rows: list[Pushed]) -> set[str]:
    return {each.what for each in rows}


def state(server: Server) -> Any:
    stored = server.stored
    return deepcopy((stored.folders, stored.sources, stored.boards, stored.points, stored.rules, stored.versions))


def by_hand(server: Server, uid: str, **changes: object) -> None:
    """Saved in the browser."""
    board = server.stored.boards[uid]
    server.stored.keep_board(board["made"] | changes, board["folderUid"], "")


@pytest.mark.parametrize("older", [False, True])
def test_a_second_push_sends_nothing_and_makes_no_version(server: Server, wanted: Wanted, older: bool):
    server.stored.older = older
    assert whats(pushed(server, wanted)) == {"created"}
    assert set(server.stored.boards) == {each["uid"] for each in wanted.boards}
    before, server.calls = state(server), []
    assert whats(pushed(server, wanted)) == {"unchanged"}
    assert (server.sent, state(server)) == ([], before)
    assert {len(each) for each in server.stored.versions.values()} == {1}


def test_without_the_comparison_it_would_make_one(server: Server, small: Wanted, monkeypatch: pytest.MonkeyPatch):
    """So the test above can fail."""
    pushed(server, small)
    monkeypatch.setattr(Board, "is_as_wanted", lambda *_: False)
    pushed(server, small)
    assert len(server.stored.versions["trailhouse-overview"]) == 2


def test_what_is_stored_is_what_was_wanted(server: Server, wanted: Wanted):
    pushed(server, wanted)
    stored = server.stored
    assert [each["made"] for each in stored.boards.values()] == list(wanted.boards)
    assert {each["folderUid"] for each in stored.boards.values()} == {"trailhouse"} == set(stored.folders)
    assert stored.sources["warehouse"]["jsonData"] == wanted.source["jsonData"]
    assert "/srv/trailhouse/data/published/catalog.duckdb" in stored.sources["warehouse"]["jsonData"]["path"]
    assert stored.points["trailhouse-mail"]["settings"]["addresses"] == "team@example.com"
    [rule] = [each for each in stored.rules.values() if each["uid"] == "trailhouse-rule-stale"]
    assert (
        rule["annotations"]["__dashboardUid__"] == "trailhouse-overview"
        and rule["annotations"]["__panelId__"].isdigit()
    )
    assert stored.intervals == {("trailhouse", "trailhouse"): 300}
    assert not any(
        "provenance" in each for each in (*stored.rules.values(), *stored.points.values())
    )  # people may edit


def test_the_dashboards_need_the_grafana_that_is_asked_for(wanted: Wanted):
    """Schema 42 came with 12.2: with another one, look up which Grafana knows it."""
    assert {each["schemaVersion"] for each in wanted.boards} == {42} and OLDEST == (12, 2)


def test_one_change_is_one_version(server: Server, small: Wanted):
    pushed(server, small)
    changed = replace(small, boards=[small.boards[0] | {"title": "Another"}])
    rows = pushed(server, changed)
    assert [each for each in rows if each.what != "unchanged"] == [
        Pushed("dashboard", "trailhouse-overview", "updated")
    ]
    assert server.stored.boards["trailhouse-overview"]["version"] == 2


def test_a_dry_run_says_the_same_and_changes_nothing(server: Server, wanted: Wanted):
    dry = pushed(server, wanted, dry_run=True)
    assert server.sent == [] and not server.stored.folders
    assert pushed(server, wanted) == dry


def test_a_change_by_hand_is_told_and_overwritten_and_stays_in_the_history(server: Server, small: Wanted):
    pushed(server, small)
    by_hand(server, "trailhouse-overview", panels=[])
    [row] = [each for each in pushed(server, small) if each.what == "updated"]
    assert row.note.startswith("version 2 was changed by hand")
    assert server.stored.boards["trailhouse-overview"]["made"] == small.boards[0]
    assert [each["version"] for each in server.stored.versions["trailhouse-overview"]] == [1, 2, 3]


def test_so_is_one_in_a_form_that_this_api_does_not_show(server: Server, small: Wanted):
    pushed(server, small)
    server.stored.keep_board(small.boards[0], "trailhouse", "", other_form=True)
    [row] = [each for each in pushed(server, small) if each.what == "updated"]
    assert "changed by hand" in row.note
    assert told(pushed(server, small))[FIRST] == "unchanged"


def test_a_grafana_that_writes_dashboards_otherwise_is_not_sent_them_again(server: Server, small: Wanted):
    """As when it answers in a newer schema than it was sent."""
    pushed(server, small)
    server.stored.boards["trailhouse-overview"]["made"] = small.boards[0] | {"schemaVersion": 43}
    assert told(pushed(server, small))[FIRST] == "unchanged"
    by_hand(server, "trailhouse-overview", schemaVersion=43)
    assert told(pushed(server, small))[FIRST] == "updated"


def test_what_others_made_is_not_touched(server: Server, small: Wanted):
    stored = server.stored
    pushed(server, small)
    stored.keep_board({"uid": "mine", "title": "Mine"}, "trailhouse", "")
    stored.folders["theirs"] = {"uid": "theirs", "title": "Theirs", "version": 1}
    stored.keep_board({"uid": "trailhouse-copy", "title": "A copy"}, "theirs", "")
    stored.sources["prometheus"] = {"uid": "prometheus", "name": "p", "type": "prometheus", "isDefault": True}
    theirs = stored.rules["trailhouse-rule-stale"] | {"uid": "by-hand", "title": "By hand"}
    stored.keep_rule(theirs)
    before = state(server)
    pushed(server, small, prune=True)
    assert state(server) == before
    changed = [each | {"title": f"{each['title']}!"} for each in small.rules]
    more = changed[0] | {"uid": "trailhouse-rule-more", "title": "More"}
    pushed(
        server, replace(small, rules=[more, *changed]), prune=True
    )  # the whole group is sent, with theirs in its place
    assert len(stored.versions["by-hand"]) == 1 and "by-hand" in stored.rules
    assert stored.sources["prometheus"]["isDefault"] and not stored.sources["warehouse"]["isDefault"]


@pytest.mark.parametrize("lasting", ["0s", "60m", "90m", "24h"])
def test_a_duration_that_grafana_writes_otherwise_is_the_same(server: Server, small: Wanted, lasting: str):
    made = replace(small, rules=[each | {"for": lasting} for each in small.rules])
    pushed(server, made)
    assert whats(pushed(server, made)) == {"unchanged"}
    assert told(pushed(server, small))["alert rules trailhouse"] == "updated"


def test_a_rule_that_somebody_paused_stays_paused(server: Server, small: Wanted):
    pushed(server, small)
    server.stored.keep_rule(server.stored.rules["trailhouse-rule-stale"] | {"isPaused": True})
    assert whats(pushed(server, small)) == {"unchanged"}
    rows = pushed(server, replace(small, rules=[each | {"for": "20m"} for each in small.rules]))
    assert "paused, and stays so" in next(each.note for each in rows if each.what == "updated")
    assert server.stored.rules["trailhouse-rule-stale"]["isPaused"]
    assert server.stored.rules["trailhouse-rule-stale"]["for"] == "20m"


def test_what_is_no_longer_wanted_is_told_and_removed_on_request(server: Server, wanted: Wanted):
    old = wanted.points[0] | {"uid": "trailhouse-old", "name": "old"}
    pushed(server, replace(wanted, points=[*wanted.points, old]))
    less = replace(wanted, boards=wanted.boards[1:], rules=wanted.rules[1:])
    gone = {FIRST, "alert rule trailhouse-rule-stale", "contact point trailhouse-old"}
    assert {each for each, what in told(pushed(server, less)).items() if what == "left alone"} == gone
    server.calls = []
    assert {
        each for each, what in told(pushed(server, less, prune=True, dry_run=True)).items() if what == "removed"
    } == gone
    assert server.sent == []
    assert {each for each, what in told(pushed(server, less, prune=True)).items() if what == "removed"} == gone
    assert whats(pushed(server, less)) == {"unchanged"}
    assert "trailhouse-overview" not in server.stored.boards and "trailhouse-rule-stale" not in server.stored.rules


def test_what_was_renamed_moved_or_changed_by_hand_is_as_wanted_again(server: Server, small: Wanted):
    pushed(server, small)
    stored = server.stored
    stored.folders["trailhouse"]["title"] = "Renamed"
    stored.folders["other"] = {"uid": "other", "title": "Other", "version": 1}
    stored.boards["trailhouse-overview"]["folderUid"] = "other"
    stored.sources["warehouse"]["jsonData"] = {"path": "elsewhere"}
    stored.points["trailhouse-mail"]["settings"] = {"addresses": "other@example.com"}
    rows = told(pushed(server, small))
    assert {each for each, what in rows.items() if what == "updated"} == {
        "folder trailhouse",
        "data source warehouse",
        FIRST,
        "contact point trailhouse-mail",
    }
    assert whats(pushed(server, small)) == {"unchanged"}


def test_a_password_is_sent_when_there_is_none_and_on_request(server: Server, small: Wanted):
    guarded = replace(small, source=small.source | {"secureJsonData": {"password": "one"}})
    pushed(server, guarded)
    other = replace(small, source=small.source | {"secureJsonData": {"password": "two"}})
    assert whats(pushed(server, other)) == {"unchanged"}  # Grafana shows it to nobody
    assert told(pushed(server, other, secrets=True))["data source warehouse"] == "updated"
    assert server.stored.secrets["warehouse"] == {"password": "two"}


@pytest.mark.parametrize(
    ("theirs", "ours", "holds"),
    [
        ({"a": 1, "id": 7}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": ""}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": [{"x": 1, "y": 2}]}, {"a": [{"x": 1}]}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": [2, 1]}, {"a": [1, 2]}, False),
        ({"a": True}, {"a": False}, False),
        ({"a": "1"}, {"a": 1}, False),
    ],
)
def test_what_is_ours_is_compared_and_what_grafana_adds_is_not(theirs: object, ours: object, holds: bool):
    assert things.holds(theirs, ours) is holds
