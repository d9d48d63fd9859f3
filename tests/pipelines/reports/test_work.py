"""A report from the published tables to the outbox, with everything real but Slack."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines.config import Config, load_config
from pipelines.config.reports import Report
from pipelines.pdf.pages import texts
from pipelines.reports.dates import last_over, span_of
from pipelines.reports.numbers import ReportError, load, save, take
from pipelines.reports.told import told
from pipelines.reports.work import Desk, draw_pages, send, take_numbers
from pipelines.settings import Settings
from pipelines.warehouse import House
from tests.houses import settings_in
from tests.needs import needs_pango
from tests.pipelines.reports.published import published_events

DAY = date(2026, 3, 1)
LEAST = {
    "title": "Events",
    "channel": "C0EVENTS0",
    "queries": {
        "days": "select local_date, event_count from metrics.daily where source = 'all' and local_date = $report_date",
        "people": "select person_id, stage, entered_at from stages.current order by person_id",
        "stages": "select distinct stage from stages.current order by stage",
    },
    "message": "{{ rows.days[0].event_count | number }} events on {{ date | day }}",
}
STAGES = LEAST | {
    "threads": {"query": "stages", "key": "stage"},
    "message": "{{ thread.stage }}",
    "replies": {
        "query": "people",
        "thread": "stage",
        "message": "{{ person.person_id }}",
        "template": "tables.html",
        "cap": 2,
    },
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory, house: House) -> Settings:
    return published_events(tmp_path_factory.mktemp("reports"), house)


@pytest.fixture
def desk(filled: Settings, house: House, tmp_path: Path):
    """Its own folder for numbers, pages and outbox; the published tables are shared."""

    def of(entry: dict) -> Desk:
        config: Config = replace(house.config, reports={"events": Report.model_validate(entry)})
        settings = settings_in(tmp_path)
        settings.data_folder.mkdir(exist_ok=True)
        if not settings.published_folder.exists():
            settings.published_folder.symlink_to(filled.published_folder)
        return Desk(settings, config, "events", DAY)

    return of


def outbox(desk: Desk) -> str:
    return "\n".join(path.read_text() for path in sorted(desk.settings.outbox_folder.glob("**/index.html")))


@needs_pango
def test_numbers_become_a_page_and_a_message_and_are_sent_once(desk):
    made = desk(LEAST)
    take_numbers(made)
    assert draw_pages(made).page_counts == {"events.pdf": 1}
    (outcome,) = send(made)
    assert outcome.is_complete and outcome.sent_now == 2
    assert "4 events on Sun, 1 Mar 2026" in outbox(made)
    assert "Events" in texts((made.folder / "events.pdf").read_bytes())[0]
    assert [each.sent_now for each in send(made)] == [0]
    assert [each.sent_now for each in send(made, again=True)] == [2]


@needs_pango
def test_each_thread_has_its_persons_and_those_beyond_the_cap_share_a_document(desk):
    made = desk(STAGES)
    (thread,) = told(made.report, "events", take_numbers(made).rows)
    assert (thread.key, len(thread.replies), len(thread.beyond)) == ("visitor", 2, 2)
    assert len(draw_pages(made).page_counts) == 4
    (outcome,) = send(made)
    assert outcome.counts == {"sent": 8}
    assert "2 more are in this one document." in outbox(made)


@needs_pango
def test_the_figures_go_out_as_text_where_a_page_cannot_be_drawn(desk):
    made = desk(LEAST | {"template": "no_such.html"})
    take_numbers(made)
    assert list(draw_pages(made).failures) == ["events.pdf"]
    (outcome,) = send(made)
    assert outcome.counts == {"sent": 1}
    assert "4 events" in outbox(made) and "The PDF could not be drawn" in outbox(made)


def test_numbers_are_kept_with_their_types(desk, tmp_path):
    made = desk(STAGES)
    numbers = take(made.settings.published_folder, "events", made.report, span_of(made.report, DAY, "Europe/Berlin"))
    save(numbers, tmp_path)
    assert load(tmp_path) == numbers
    assert numbers.rows["days"][0]["local_date"] == DAY
    assert numbers.rows["people"][0]["entered_at"] == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_numbers_that_were_never_taken_are_missed(desk):
    with pytest.raises(ReportError, match="take them first"):
        send(desk(LEAST))


def test_a_query_that_cannot_be_asked_is_named(desk):
    with pytest.raises(ReportError, match=r"report 'events', query 'q': .*no_such_table"):
        take_numbers(desk(LEAST | {"queries": {"q": "from no_such_table"}}))


@pytest.mark.parametrize(
    ("source", "tolerance", "is_late"), [("web", "24h", False), ("web", "1h", True), ("shop", "24h", True)]
)
def test_a_source_is_late_that_was_silent_before_the_end_of_the_date(desk, source, tolerance, is_late):
    numbers = take_numbers(desk(LEAST | {"sources": [source], "tolerance": tolerance}))
    assert (source in numbers.late) == is_late


@needs_pango
def test_what_is_missing_is_said_in_the_message(desk):
    made = desk(LEAST | {"sources": ["shop"]})
    take_numbers(made)
    draw_pages(made)
    send(made)
    assert "Incomplete: nothing from shop since ever." in outbox(made)


def test_a_report_without_data_is_not_sent_where_that_is_wanted(desk):
    nothing = {"queries": {"days": "from metrics.daily limit 0"}, "message": "nothing", "no_data": "skip"}
    made = desk(LEAST | nothing)
    assert not any(take_numbers(made).rows.values())
    assert send(made) == []


@pytest.fixture
def shipped(filled: Settings, house: House, tmp_path: Path):
    def of(name: str, day: date) -> Desk:
        settings = settings_in(tmp_path)
        settings.data_folder.mkdir()
        settings.published_folder.symlink_to(filled.published_folder)
        return Desk(settings, house.config, name, day)

    return of


SHIPPED = load_config(Settings().config_folder).reports


@needs_pango
@pytest.mark.parametrize("name", SHIPPED)
def test_a_report_that_is_shipped_says_where_it_has_no_data(shipped, name):
    made = shipped(name, date(2025, 6, 2))
    assert not any(take_numbers(made).rows.values()) and draw_pages(made).page_counts == {}
    (outcome,) = send(made)
    assert outcome.counts == {"sent": 1} and f"{SHIPPED[name].title}, " in outbox(made) and ": no data." in outbox(made)


@needs_pango
@pytest.mark.parametrize(("name", "day"), [("morning", DAY), ("stages", DAY), ("weekly_funnel", date(2026, 2, 23))])
def test_a_report_that_is_shipped_is_made_of_the_very_first_date(shipped, name, day):
    made = shipped(name, day)
    take_numbers(made)
    drawn = draw_pages(made)
    assert drawn.page_counts and not drawn.failures
    assert all(outcome.is_complete for outcome in send(made)) and "no data" not in outbox(made)


def test_details_are_asked_only_of_those_who_get_a_page(desk):
    asked = {"steps": "select person_id, what from journeys.timeline where person_id in (select unnest($persons))"}
    made = desk(STAGES | {"queries": LEAST["queries"] | asked, "replies": STAGES["replies"] | {"details": ["steps"]}})
    numbers = take_numbers(made)
    (thread,) = told(made.report, "events", numbers.rows)
    assert {each["person_id"] for each in numbers.rows["steps"]} == {each["person_id"] for each in thread.replies}
    assert len(numbers.rows["people"]) == 4


def test_a_dashboard_is_linked_with_the_same_range_where_there_is_a_grafana(desk):
    made = desk(LEAST | {"grafana": "overview", "message": "see {{ links.grafana }}"})
    take_numbers(made)
    (made.folder / "failures.json").write_text('{"events.pdf": "not drawn here"}')
    send(made)
    assert "see None" in outbox(made)
    there = replace(made, settings=made.settings.model_copy(update={"grafana_url": "http://grafana.example/"}))
    send(there, again=True)
    since, until = 1_772_319_600_000, 1_772_406_000_000  # midnights in Berlin, which is an hour ahead
    assert f"http://grafana.example/d/trailhouse-overview?from={since}&amp;to={until}" in outbox(made)


SPANS = {
    "a day": ("day", date(2026, 3, 28), "2026-03-27T23:00:00+00:00", "2026-03-28T23:00:00+00:00"),
    "a day of 23 hours": ("day", date(2026, 3, 29), "2026-03-28T23:00:00+00:00", "2026-03-29T22:00:00+00:00"),
    "a day of 25 hours": ("day", date(2026, 10, 25), "2026-10-24T22:00:00+00:00", "2026-10-25T23:00:00+00:00"),
    "a week": ("week", date(2026, 3, 23), "2026-03-22T23:00:00+00:00", "2026-03-29T22:00:00+00:00"),
}


@pytest.mark.parametrize("case", SPANS)
def test_a_report_spans_local_dates(case):
    every, day, starts_at, ends_at = SPANS[case]
    span = span_of(Report.model_validate(LEAST | {"every": every}), day, "Europe/Berlin")
    assert (span.starts_at.isoformat(), span.ends_at.isoformat()) == (starts_at, ends_at)


def test_what_is_due_is_the_last_date_that_is_over_there():
    late_on_sunday = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # already Monday in Berlin
    daily, weekly = (Report.model_validate(LEAST | {"every": every}) for every in ("day", "week"))
    assert last_over(daily, late_on_sunday, "Europe/Berlin") == date(2026, 3, 1)
    assert last_over(daily, late_on_sunday, "UTC") == date(2026, 2, 28)
    assert last_over(weekly, late_on_sunday, "Europe/Berlin") == date(2026, 2, 23)
