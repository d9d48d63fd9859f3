"""One table brought to the ledger's position: why, how much of it, and what a failed check keeps."""

from dataclasses import replace

import pytest

from pipelines.models.header import Check
from pipelines.refresh import ChecksFailed, InputNotBuilt, refresh
from pipelines.warehouse import House, open_warehouse
from pipelines.warehouse.scope import stored
from pipelines.work import refresh_tables
from tests.houses import with_inputs
from tests.laws.happenings import Definitions, Event, moment
from tests.laws.known import event
from tests.laws.rig import MODELS, Rig, rows_of

# of every way to refresh one at least, and what they read: all others are refreshed by the same code
SOME = ("people.persons", "metrics.daily", "metrics.excluded", "metrics.freshness", "raw.event_names")


@pytest.fixture
def rig(tmp_path):
    """A warehouse of three users, each with one event at 10:00, refreshed."""
    rig = Rig(tmp_path, Definitions(), tables=SOME)
    rig.ingest([event(f"e{user}", "10:00", user_id=user) for user in "123"])
    rig.refresh()
    return rig


def whys(done):
    return {each.model.name: each.why for each in done}


def test_the_first_refresh_builds_everything(tmp_path):
    rig = Rig(tmp_path, Definitions(), tables=SOME)
    rig.ingest([event("e1", "10:00", user_id="1")])
    assert set(whys(rig.refresh()).values()) == {"it was not built yet"}


def test_a_table_is_not_built_before_its_inputs(tmp_path):
    rig = Rig(tmp_path, Definitions(), tables=SOME)
    with pytest.raises(InputNotBuilt, match=r"sql/people/persons\.sql: its input people\.days was never built"):
        rig.refresh(["people.persons"])


def test_a_table_alone_follows_as_far_as_its_inputs_are(rig):
    rig.ingest([event("e4", "10:05", user_id="2")])
    assert whys(rig.refresh(["people.persons"])) == {"people.persons": "nothing new"}
    rig.refresh(["people.links", "people.statements", "people.identities", "people.events", "people.traits"])
    rig.refresh(["people.excluded", "people.excluded_events", "journeys.events", "people.days"])
    assert whys(rig.refresh(["people.persons"])) == {"people.persons": "1 touched persons"}


def test_an_empty_log_gives_empty_tables(tmp_path):
    rig = Rig(tmp_path, Definitions(), tables=SOME)
    rig.refresh()
    rules = rig.tables().pop("metrics.excluded")  # a rule that takes out nothing is told too
    assert {name for name, rows in rig.tables().items() if rows} == {"metrics.excluded"} and len(rules) == 3


def test_without_news_nothing_is_written(rig):
    done = rig.refresh()
    assert {(each.why, each.changed) for each in done} == {("nothing new", 0)}


def test_only_touched_persons_are_computed_again(rig):
    rig.ingest([event("e4", "10:05", user_id="2")])
    done = {each.model.name: each for each in rig.refresh()}
    assert done["people.links"].why == "new batches"
    assert done["people.persons"].why == "1 touched persons"
    assert (done["people.events"].changed, done["people.events"].row_count) == (1, 4)
    assert (done["journeys.events"].changed, done["journeys.events"].row_count) == (1, 4)
    assert (done["people.persons"].changed, done["people.persons"].row_count) == (1, 3)
    assert done["metrics.daily"].why == "1 changed dates"
    assert done["metrics.freshness"].why == "rebuilt whole: its inputs moved on"


def test_a_person_is_computed_from_the_change_on_and_not_from_the_beginning(rig):
    rig.ingest([event(f"f{hour}", f"{hour}:00", user_id="2") for hour in (12, 14, 16)])
    rig.refresh()
    rig.ingest([event("e5", "16:10", user_id="2")])
    done = {each.model.name: each for each in rig.refresh()}
    assert (done["journeys.sessions"].changed, done["journeys.sessions"].row_count) == (1, 6)
    rig.ingest([event("e6", "13:50", user_id="2")])
    done = {each.model.name: each for each in rig.refresh()}
    assert (done["journeys.sessions"].changed, done["journeys.sessions"].row_count) == (2, 6)


def test_what_came_out_equal_is_no_change(rig):
    """An event inside the last minutes of a day changes no trait, no other day, and nobody's first date."""
    rig.ingest([event("e4", "10:05", user_id="2")])
    rig.refresh()
    with rig.open() as warehouse:
        assert warehouse.connection.execute("select count(*) from warehouse.house.changed_dates").fetchall() == [(0,)]
    rig.ingest([event("e5", "10:06", user_id="2")])
    done = {each.model.name: each.why for each in rig.refresh(["people.links", "people.statements", "raw.event_names"])}
    assert set(done.values()) == {"new batches"}
    rig.refresh([name for name in rig.models if name not in ("metrics.daily", "metrics.freshness")])
    with rig.open() as warehouse:
        dates = warehouse.connection.execute("from warehouse.house.changed_dates order by all").fetchall()
    assert sorted({name for name, *_ in dates}) == ["journeys.sessions", "people.events"]


def test_a_late_event_moves_its_own_person_and_no_other(rig):
    before = rig.tables()["people.persons"]
    rig.ingest([event("e4", "09:00", user_id="2")])
    rig.refresh()
    after = rig.tables()["people.persons"]
    assert [row["person_id"] for row in after if row not in before] == ["app/user/2"]
    assert [row for row in after if row["person_id"] != "app/user/2"] == [before[0], before[2]]


def test_an_event_on_time_changes_no_earlier_day(rig):
    before = days(rig)
    rig.ingest([Event("web", "e4", "page_viewed", moment("2026-03-30 10:00"), user_id="2")])
    rig.refresh()
    after = days(rig)
    assert {key: after[key] for key in before} == before
    assert {day.isoformat() for day, _source in set(after) - set(before)} == {"2026-03-29", "2026-03-30"}


def days(rig):
    """(local date, source) -> the numbers of the day, without those that say when they were computed."""
    when = ("local_date", "source", "ledger_position", "as_of")
    rows = rig.tables()["metrics.daily"]
    return {(row["local_date"], row["source"]): [row[name] for name in row if name not in when] for row in rows}


def test_an_edit_rebuilds_what_reads_it_and_what_follows_and_says_why(rig):
    rig.definitions = rig.definitions.edited("shared_device_limit", 1)
    found = whys(rig.refresh())
    assert found["people.links"] == "nothing new"
    assert found["people.identities"] == "config.identity changed"
    assert found["people.events"] == "its input people.identities was rebuilt"
    assert found["metrics.daily"] == "its input journeys.sessions was rebuilt"


def test_a_view_that_changed_rebuilds_its_readers(rig):
    rig.definitions = rig.definitions.edited("session_gap_minutes", 10)
    assert whys(rig.refresh())["people.links"] == "config.sources changed"


def test_lost_rows_are_built_again(rig):
    before = rig.tables()
    with rig.open() as warehouse:
        warehouse.connection.execute(f"delete from {stored('people.persons')} where event_count = 1")
        assert refresh(warehouse, MODELS["people.persons"]).why == "it has 0 rows where 3 were written"
    rig.refresh()
    assert rig.tables() == before


def test_a_ledger_that_went_back_is_followed(rig):
    """A ledger restored from its backup: the warehouse knows of a batch that never was."""
    before = rig.tables()
    backup = rig.settings.data_folder / "ledger.sqlite"
    saved = backup.read_bytes()
    rig.ingest([event("e4", "10:05", user_id="4")])
    rig.refresh()
    backup.write_bytes(saved)
    assert whys(rig.refresh())["people.links"] == "the ledger went back from batch 2 to 1"
    assert rig.tables() == before


def test_a_full_build_can_be_asked_for(rig):
    before = rig.tables()
    with rig.open() as warehouse:
        assert set(whys(refresh_tables(warehouse, full=True)).values()) == {"a full build was asked for"}
    assert rig.tables() == before


def with_check(name, blocking):
    """SOME, of which one has a check that holds as long as nobody has two events."""
    header = MODELS[name].header
    check = Check("one_event", "a person has one event", "event_count < 2", blocking)
    return with_inputs(SOME, MODELS) | {
        name: replace(MODELS[name], header=replace(header, checks=[*header.checks, check]))
    }


def open_with(rig, models):
    return open_warehouse(rig.settings, House(rig.definitions.config(), models))


def test_a_failed_check_keeps_the_old_rows_and_the_next_try_finds_the_news_again(rig):
    before = rig.tables()["people.persons"]
    rig.ingest([event("e4", "10:05", user_id="2")])
    with open_with(rig, with_check("people.persons", blocking=True)) as warehouse:
        with pytest.raises(
            ChecksFailed, match=r"sql/people/persons\.sql: check failed.*1 rows: a person has one event"
        ):
            refresh_tables(warehouse)
        assert rows_of(warehouse, "people.persons") == before
    rig.refresh()
    assert [row["event_count"] for row in rig.tables()["people.persons"]] == [1, 2, 1]


def test_a_failed_check_stops_a_full_build_too(rig):
    before = rig.tables()["people.persons"]
    rig.ingest([event("e4", "10:05", user_id="2")])
    with open_with(rig, with_check("people.persons", blocking=True)) as warehouse:
        with pytest.raises(ChecksFailed):
            refresh_tables(warehouse, full=True)
        assert rows_of(warehouse, "people.persons") == before


def test_a_warning_tells_and_goes_on(rig):
    rig.ingest([event("e4", "10:05", user_id="2")])
    with open_with(rig, with_check("people.persons", blocking=False)) as warehouse:
        done = {each.model.name: each for each in refresh_tables(warehouse)}["people.persons"]
    assert [(each.check.name, each.failed_rows) for each in done.checks][-1] == ("one_event", 1)
    assert done.changed == 1


def test_a_broken_grain_keeps_the_old_rows(rig):
    name = "people.persons"
    broken = with_inputs(SOME, MODELS) | {
        name: replace(MODELS[name], header=replace(MODELS[name].header, grain=("first_seen_date",)))
    }
    rig.ingest([event("e4", "10:05", user_id="1"), event("e5", "10:05", user_id="2")])
    with open_with(rig, broken) as warehouse, pytest.raises(ChecksFailed, match="one row per first_seen_date"):
        refresh_tables(warehouse)
    assert len(rig.tables()[name]) == 3
