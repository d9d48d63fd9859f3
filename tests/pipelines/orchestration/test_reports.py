"""Reports in Dagster: when they are due, what each step shows, and that a past date can be made again, sent only on purpose."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from pipelines.house import HOUSE
from pipelines.orchestration.reports import all_reports, key_of, report_assets
from pipelines.pdf.pages import texts
from tests.dagster_house import record
from tests.needs import needs_pango

DAY = "2026-03-02"  # of dagster_house's records
BERLIN = ZoneInfo("Europe/Berlin")
_, JOBS, SCHEDULES = all_reports()
MORNING, STAGES, WEEKLY = SCHEDULES


def ticks(schedule: dg.ScheduleDefinition, day: date) -> list[datetime]:
    """When it looks on a date, on the clocks of Berlin."""
    start = datetime.combine(day, datetime.min.time(), BERLIN)
    found = schedule_execution_time_iterator(start.timestamp(), schedule.cron_schedule, schedule.execution_timezone)
    moments = [next(found).astimezone(BERLIN) for _ in range(20)]
    return [each for each in moments if each.date() == day]


@pytest.mark.parametrize(
    ("day", "first_utc"), [("2026-10-24", 6), ("2026-10-25", 7), ("2026-03-28", 7), ("2026-03-29", 6)]
)
def test_a_report_is_due_at_eight_on_the_clocks_of_its_zone(day: str, first_utc: int):
    looks = ticks(MORNING, date.fromisoformat(day))
    assert looks[0].astimezone(UTC).hour == first_utc
    assert [f"{each:%H:%M}" for each in looks] == [f"{h:02}:{m:02}" for h in (8, 9) for m in (0, 15, 30, 45)] + [
        "10:00"
    ]


def test_a_weekly_report_is_due_on_mondays():
    week = [date(2026, 10, 19) + timedelta(days=each) for each in range(7)]
    assert [day for day in week if ticks(WEEKLY, day)] == week[:1]


def due(schedule: dg.ScheduleDefinition, at: str) -> Any:
    moment = datetime.fromisoformat(at).replace(tzinfo=BERLIN)
    return schedule(dg.build_schedule_context(scheduled_execution_time=moment))


@pytest.fixture
def house(dagster_house, monkeypatch):
    """Events of both sources up to the afternoon of DAY."""
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    monkeypatch.delenv("GRAFANA_URL", raising=False)
    dagster_house.drop("a.ndjson", *[record(f"e{each}", str(each)) for each in range(3)])
    dagster_house.build()
    return dagster_house


def test_a_late_source_is_waited_for_until_the_deadline(house):
    waits = due(MORNING, "2026-03-03T08:00")
    assert isinstance(waits, dg.SkipReason) and waits.skip_message == "Waits for backend, web until 10:00."
    run = due(MORNING, "2026-03-03T10:00")
    assert isinstance(run, dg.RunRequest) and run.partition_key == DAY
    assert due(WEEKLY, "2026-03-09T10:00").partition_key == DAY  # the Monday of the week before


def test_sources_that_are_there_make_one_run_at_eight(house):
    house.drop("b.ndjson", record("later", "1", "2026-03-02T22:59:00Z"))
    house.drop("c.ndjson", record("later", "1", "2026-03-02T22:59:00Z"), source="backend")
    house.build()
    first, second = due(MORNING, "2026-03-03T08:00"), due(MORNING, "2026-03-03T08:15")
    assert first.partition_key == DAY and first.run_key == second.run_key  # which Dagster starts once


def make(house, *parts: str, again: bool = False) -> dict[str, Any]:
    """The metadata of each part that was made."""
    assets = report_assets("morning", HOUSE.config.reports["morning"])
    config = {"ops": {"report_morning_delivery": {"config": {"again": again}}}} if "delivery" in parts else {}
    done = dg.materialize(
        assets,
        instance=house.instance,
        partition_key=DAY,
        selection=[key_of("morning", part) for part in parts],
        run_config=config,
    )
    made = [each.materialization for each in done.get_asset_materialization_events()]
    return {each.asset_key.path[-1]: each.metadata for each in made}


@needs_pango
def test_a_date_is_made_drawn_again_and_sent_again_only_on_purpose(house):
    made = make(house, "numbers", "pages", "delivery")
    assert made["numbers"]["late sources"].value == "web, backend"
    assert (made["pages"]["PDFs"].value, made["pages"]["pages"].value) == (1, 1)
    assert made["pages"]["first page"].value.startswith("![first page](data:image/png;base64,iVBOR")
    assert (made["delivery"]["sent now"].value, made["delivery"]["sent"].value) == (2, 2)
    folder = house.folder / "data" / "reports" / "morning" / DAY
    before = (folder / "morning.pdf").read_bytes()
    (folder / "morning.pdf").unlink()
    make(house, "pages")
    assert (folder / "morning.pdf").read_bytes() == before and "Incomplete: nothing from web" in texts(before)[0]
    assert make(house, "delivery")["delivery"]["sent now"].value == 0
    assert make(house, "delivery", again=True)["delivery"]["sent now"].value == 2
