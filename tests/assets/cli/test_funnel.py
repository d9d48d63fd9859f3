"""A funnel in the terminal: one attempt a person counts, the deepest, whatever the day."""

import json
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from assets.cli.funnel import app, steps_of
from pipelines.config.durations import parse_duration
from pipelines.moments import micros
from pipelines.warehouse import House, open_warehouse
from pipelines.work import new_tasks, read, run_all
from tests.faults.place import Place

AS_OF = micros(datetime(2025, 11, 10, 12, tzinfo=UTC))
EVENTS = [  # person, event, moment, path
    ("u-1", "page_viewed", "2025-11-02T10:00:00", "/"),  # gets to step 2, then tries again and gets nowhere
    ("u-1", "signed_up", "2025-11-02T10:00:40", None),
    ("u-1", "page_viewed", "2025-11-09T10:00:00", "/docs"),
    ("u-2", "page_viewed", "2025-11-03T10:00:00", "/"),
    ("u-2", "signed_up", "2025-11-03T10:00:20", None),
    ("u-3", "page_viewed", "2025-11-09T11:00:00", "/docs"),
    ("u-4", "page_viewed", "2025-10-02T11:00:00", "/"),  # long ago
]


def line(number: int, person: str, name: str, at: str, path: str | None) -> str:
    said = {"event_id": f"e-{number}", "event_name": name, "timestamp": f"{at}Z", "ids": {"user": person}}
    return json.dumps(said | {"properties": {"path": path} if path else {}})


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, house: House) -> Path:
    place = Place(tmp_path_factory.mktemp("funnel"))
    place.put("a.ndjson", "\n".join(line(number, *each) for number, each in enumerate(EVENTS)).encode())
    with open_warehouse(place.settings, house, wait_seconds=0) as warehouse:
        read(warehouse, new_tasks(warehouse, settled=False), as_of=AS_OF)
        run_all(warehouse)
    return place.settings.published_folder


def counted(published: Path, house: House, since: str, by: str | None = None) -> list[tuple]:
    """(value, step, persons, of the step before, of the first, median seconds, still open) of the first two steps."""
    steps = steps_of(published, "onboarding", house.config.funnels["onboarding"], parse_duration(since), by)
    rows = [astuple(each) for each in steps if each.step_number <= 2]
    return [(value, step, *rest) for value, _, step, _, *rest in rows]


def test_a_person_counts_by_the_deepest_attempt_of_the_period(published, house):
    assert counted(published, house, "30d") == [
        ("all", "visited", 3, None, 1.0, 0.0, 1),
        ("all", "signed_up", 2, 2 / 3, 2 / 3, 30.0, 2),
    ]


def test_what_was_entered_earlier_does_not_count(published, house):
    assert [row[:3] for row in counted(published, house, "3d")] == [("all", "visited", 2), ("all", "signed_up", 0)]
    assert counted(published, house, "60d")[0][2] == 4


def test_a_breakdown_counts_a_person_once_for_each_value_they_entered_with(published, house):
    rows = [(value, step, persons) for value, step, persons, *_ in counted(published, house, "30d", by="path")]
    assert rows == [("/", "visited", 2), ("/", "signed_up", 2), ("/docs", "visited", 2), ("/docs", "signed_up", 0)]


def test_nobody_is_no_row(published, house):
    assert counted(published, house, "1s") == []


MISTAKES = {
    "an unknown funnel": (["onbording"], "known: onboarding, invite"),
    "no duration": (["onboarding", "--since", "7x"], "such as 90s"),
    "a property that is not kept": (["onboarding", "--by", "plan"], "it keeps path"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_with_what_is_right(case):
    words, told = MISTAKES[case]
    done = CliRunner().invoke(app, words, env={"COLUMNS": "300"})
    assert done.exit_code == typer.BadParameter.exit_code and told in done.output.replace("\n", "")
