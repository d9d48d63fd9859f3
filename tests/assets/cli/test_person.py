"""A person's page: which id leads to whom, what stands on it, and how it is shown."""

import json
from datetime import UTC, datetime

import pytest

from assets.cli.person import UnknownPerson, find_person, page_of
from assets.cli.person_page import DRAWINGS
from assets.cli.show import took
from pipelines.moments import micros
from pipelines.warehouse import House, open_warehouse
from pipelines.work import new_tasks, read, run_all
from tests.faults.place import Place
from tests.shell import run_command

AS_OF = micros(datetime(2025, 11, 1, 12, tzinfo=UTC))
SHOP = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,s-1,cup,1,2025-10-26 12:00:00,2.50,17850,Norway
"""


def event(
    number: int, name: str, at: str, path: str | None = None, properties: dict | None = None, **ids: str
) -> bytes:
    said = {"event_id": f"e-{number:02}", "event_name": name, "timestamp": f"2025-10-{at}Z", "ids": ids}
    context = {"page": {"path": path}} if path else {}
    return json.dumps(said | {"properties": properties or {}, "context": context}).encode() + b"\n"


WEB = [
    event(1, "page_viewed", "26T00:30:00", "/", anonymous="a-1"),
    event(2, "page_viewed", "26T01:30:00", "/pricing", anonymous="a-1"),
    event(3, "signed_up", "26T01:31:00", "/signup", {"plan": "[red]\x1b[31m"}, user="u-000001", anonymous="a-1"),
    event(4, "alias", "26T02:00:00", user="u-000001", other_user="u-000002"),
    event(5, "page_viewed", "26T03:00:00", "/", user="17850"),
    *(event(10 + n, "page_viewed", "27T03:00:00", "/", anonymous="shared", user=f"guest-{n:02}") for n in range(11)),
]
BACKEND = [
    event(1, "deployment_started", "26T02:10:00", user="u-000002", deployment_id="d-1"),
    event(2, "deployment_failed", "26T02:11:05", properties={"reason": "build_failed"}, deployment_id="d-1"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory, house: House) -> Place:
    place = Place(tmp_path_factory.mktemp("person"))
    place.put("a.ndjson", b"".join(WEB))
    place.put("b.ndjson", b"".join(BACKEND), source="backend")
    place.put("c.csv", SHOP.encode(), source="shop")
    with open_warehouse(place.settings, house, wait_seconds=0) as warehouse:
        read(warehouse, new_tasks(warehouse, settled=False), as_of=AS_OF)
        run_all(warehouse)
    return place


@pytest.mark.parametrize(
    "id", ["u-000001", "u-000002", "user/u-000002", "app/user/u-000001", "a-1", "app/anonymous/a-1", "d-1"]
)
def test_any_id_leads_to_its_person(place, id):
    assert find_person(place.settings.published_folder, id) == "app/user/u-000001"


def test_an_id_of_several_persons_lists_them(place):
    with pytest.raises(UnknownPerson, match=r"2 persons.*\n  app/user/17850 -> .*\n  shop/user/17850 -> "):
        find_person(place.settings.published_folder, "17850")
    assert find_person(place.settings.published_folder, "shop/user/17850") == "shop/user/17850"


def test_an_unknown_id_is_told_the_nearest(place):
    with pytest.raises(UnknownPerson, match=r"no id 'u-00001' was ever seen; the nearest: u-000001, "):
        find_person(place.settings.published_folder, "u-00001")
    with pytest.raises(UnknownPerson, match="no id 'it''s"):
        find_person(place.settings.published_folder, "it''s")


def test_an_id_of_nobody_says_why(place):
    with pytest.raises(UnknownPerson, match=r"'app/anonymous/shared' leads to nobody: seen with 11 users"):
        find_person(place.settings.published_folder, "shared")


def test_a_page_has_all_that_is_known(place):
    page = page_of(place.settings, "u-000002")
    assert [row["id"] for row in page["identities"]] == [
        "app/user/u-000001",
        "app/user/u-000002",
        "app/anonymous/a-1",
        "app/deployment_id/d-1",
    ]
    assert [(row["user_a"], row["user_b"], row["is_merge"]) for row in page["statements"]] == [
        ("u-000001", "u-000002", True)
    ]
    assert [row["path"] for row in page["sessions"]] == [["/"], ["/pricing", "/signup"]]
    assert [(row["what"], row["outcome"], row["error"]) for row in page["timeline"]][-2:] == [
        ("deployment", "failed", "build_failed"),
        ("activated", None, None),
    ]


def test_of_each_funnel_the_deepest_attempt_is_shown(place):
    attempts = [
        (row["entered_at"].day, row["step_number"], row["step_name"])
        for row in page_of(place.settings, "a-1")["funnels"]
    ]
    assert attempts == [(26, 2, "signed_up")]
    assert DRAWINGS["funnels"].cells([attempt(3, 1), attempt(1, 2), attempt(2, 2), attempt(4, 1)]) == [
        ["onboarding", 4, "2025-10-02 00:00:00", "2 a step", "2025-10-02 00:00:00", True]
    ]


def attempt(day: int, step: int) -> dict:
    at = datetime(2025, 10, day, tzinfo=UTC)
    return {
        "funnel": "onboarding",
        "entered_at": at,
        "step_number": step,
        "step_name": "a step",
        "reached_at": at,
        "is_open": True,
    }


def test_what_lies_ahead_is_not_on_the_page(place):
    page = page_of(place.settings, "u-000001")
    assert [(row["stage"], row["left_at"] is None) for row in page["stages"]] == [
        ("visitor", False),
        ("signed_up", False),
        ("activated", True),
    ]
    assert "inactive" not in {row["what"] for row in page["timeline"]}


def test_an_hour_that_comes_twice_is_told_apart(place):
    page = page_of(place.settings, "a-1")
    visits = [row["occurred_at"].isoformat() for row in page["timeline"] if row["what"] == "visited"]
    assert visits == ["2025-10-26T02:30:00+02:00", "2025-10-26T02:30:00+01:00"]


def said(place: Place, *words: str, code: int = 0) -> str:
    own = {"TRAILHOUSE_DATA": str(place.settings.data_folder), "COLUMNS": "100"}
    return run_command(own, "person", *words, code=code)


def test_the_page_fits_the_terminal_and_steers_nothing(place):
    page = said(place, "u-000002")
    assert max(map(len, page.splitlines())) <= 100
    for words in ("are one person", "/pricing → /signup", "failed build_failed", "1 min 5 s", r"plan=[red]\x1b[31m"):
        assert words in page
    assert "\x1b" not in page and "inactive" not in page


def test_the_latest_are_shown_and_the_rest_is_counted(place):
    assert "Timeline, the latest 1 of " in said(place, "u-000002", "--last", "1")
    assert "the latest" not in said(place, "u-000002", "--last", "1", "--all")


def test_json_is_the_same_page(place):
    page = page_of(place.settings, "u-000002")
    assert json.loads(said(place, "a-1", "--json")) == json.loads(json.dumps(page, default=datetime.isoformat))
    assert len(json.loads(said(place, "a-1", "--json", "--last", "2"))["timeline"]) == 2


def test_who_is_not_found_ends_the_command_with_a_line(place):
    assert said(place, "nobody-knows", code=1).startswith("error: no id 'nobody-knows'")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"),
        (59.94, "59.9 s"),
        (60, "1 min 0 s"),
        (3_599, "59 min 59 s"),
        (3_660, "1 h 1 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_length_is_told_in_two_units(seconds, words):
    assert took(int(seconds * 1_000_000)) == words
