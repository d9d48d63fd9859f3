"""A file is a table: what is refused when the house loads, with file and line."""

from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.models import Model, _by_name, inherit_meanings, load_models
from pipelines.models.follows import followed
from pipelines.models.header import ModelError, parse_header

BASE = {
    "lake.events": pa.table({"event_id": ["e1"], "source": ["web"], "count": [1]}),
    "config.house": pa.table({"report_timezone": ["Europe/Berlin"]}),
}
EVENTS = """-- One row per event.
--
-- grain: event_id
-- column: event_id | unique within its source
select event_id, source, count from lake.events
"""
DAYS = """-- One row per source.
--
-- grain: source
-- check: there are events | event_count > 0
select source, sum(count) as event_count
from raw.events
group by source
"""


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    write("sql/raw/events.sql", EVENTS)
    write("sql/metrics/sources.sql", DAYS)
    return write


def refused(folder, scenarios=None):
    with pytest.raises(ModelError) as error:
        load_models(folder, BASE, scenarios)
    return str(error.value)


def test_tables_stand_after_their_inputs_with_their_types(tmp_path, write):
    models = load_models(tmp_path, BASE)
    assert list(models) == ["raw.events", "metrics.sources"]
    assert models["metrics.sources"].inputs == ("raw.events",)
    assert models["metrics.sources"].columns == {"source": "VARCHAR", "event_count": "HUGEINT"}
    assert models["metrics.sources"].lineage["event_count"] == [("raw.events", "count")]


def test_a_column_keeps_its_meaning_where_it_is_handed_on(tmp_path, write):
    write("sql/journeys/events.sql", "-- One row per event.\n-- grain: event_id\nselect event_id from raw.events")
    models = load_models(tmp_path, BASE)
    inherit_meanings(models)
    assert models["journeys.events"].header.columns == {"event_id": "unique within its source"}


MOMENTS = """-- One row per person's moment.
-- grain: person_id, source, occurred_at
-- by: person_id
-- since: occurred_at until occurred_at
select {person} as person_id, source, now() as occurred_at {more} from {inputs}
"""
VISITS = MOMENTS.replace("until occurred_at", "until ends_at").replace("{more}", "{more}, now() as ends_at")


def groups_of_visits(folder, write):
    write(
        "sql/people/moments.sql",
        MOMENTS.format(person="event_id", more=", event_id as event_number", inputs="lake.events"),
    )
    grain = "person_id, source, occurred_at"
    visits = VISITS.replace(grain, grain + ", device")
    write("sql/people/visits.sql", visits.format(person="person_id", more=", '' as device", inputs="people.moments"))
    return load_models(folder, BASE)["people.visits"].groups


def test_rows_restart_by_what_their_input_can_be_told_apart_by(tmp_path, write):
    """The source stands on both sides, the device only here: a part of a device cannot be told from the moments."""
    assert groups_of_visits(tmp_path, write) == ("source",)


def test_what_starts_is_told_once(tmp_path, write):
    text = MOMENTS.format(person="event_id", more=", 1 as event_number", inputs="lake.events")
    write("sql/people/moments.sql", text.replace("-- by:", "-- moment: occurred_at\n-- by:"))
    assert "'since:' says when a row starts; remove 'moment:'" in refused(tmp_path)


def with_lookup(looked_up):
    return f"""-- One row per visit.
-- grain: event_number
-- by: person_id
-- lookup: {looked_up}
select moments.person_id, moments.event_number, found.source
from people.moments as moments
join people.names as found on found.event_number = moments.event_number"""


def test_what_is_only_looked_up_is_not_followed(tmp_path, write):
    """people.names does not say whose its rows are, so it could not be followed."""
    text = MOMENTS.format(person="event_id", more=", 1 as event_number", inputs="lake.events")
    write("sql/people/moments.sql", text)
    write(
        "sql/people/names.sql",
        "-- One row per event.\n-- grain: source\nselect source, 1 as event_number from lake.events",
    )
    write("sql/people/visits.sql", with_lookup("people.names"))
    models = load_models(tmp_path, BASE)
    assert models["people.visits"].inputs == ("people.moments", "people.names")
    assert followed(models["people.visits"], models) == {"people.moments"}
    path = write("sql/people/visits.sql", with_lookup("people.name"))
    assert refused(tmp_path) == f"{path}:4: 'lookup:' names people.name, which it does not read"


def test_an_unknown_table_is_refused_with_the_nearest_name(tmp_path, write):
    path = write("sql/metrics/sources.sql", DAYS.replace("raw.events", "raw.event"))
    assert refused(tmp_path) == f"{path}:6: reads raw.event, which no file defines; did you mean raw.events?"


def test_an_unknown_table_like_no_other_names_all(tmp_path, write):
    path = write("sql/metrics/sources.sql", DAYS.replace("raw.events", "x.y"))
    expected = "known: config.house, lake.events, metrics.sources, raw.events"
    assert refused(tmp_path) == f"{path}:6: reads x.y, which no file defines; {expected}"


def test_a_table_without_a_scenario_is_refused(tmp_path, write):
    write("tests/sql/raw/events/a_rule/expect.csv", "event_id\n")
    write("tests/sql/metrics/sources/a_rule/given/raw.events.csv", "event_id\n")
    message = refused(tmp_path, tmp_path / "tests" / "sql")
    assert message.startswith(f"{tmp_path}/sql/metrics/sources.sql:1: no scenario; add sources/<rule>/given/*.csv")


def test_tables_that_read_each_other_are_refused(tmp_path, write):
    write(
        "sql/raw/events.sql", "-- One row per event.\n-- grain: source\nselect source, 1 as count from metrics.sources"
    )
    message = refused(tmp_path)
    assert ":1: these tables read each other in a circle: " in message
    assert "raw.events" in message and "metrics.sources" in message


BROKEN = {
    "an unknown column": ("sum(count)", "sum(counts)", 5, 'Binder Error: Referenced column "counts" not found'),
    "an unknown column further down": (
        "group by source",
        "group by sorce",
        7,
        'Binder Error: Referenced column "sorce"',
    ),
    "a wrong type": ("sum(count)", "sum(source || 'x')", 5, "Binder Error: No function matches"),
    "a wrong column in the grain": ("grain: source", "grain: sourc", 3, "the grain names 'sourc', which is no column"),
    "an unknown column described": (
        "-- grain",
        "-- column: day | local\n-- grain",
        3,
        "describes 'day', which is no column",
    ),
    "an unknown column in a check": ("event_count > 0", "events > 0", 4, 'Binder Error: Referenced column "events"'),
    "an unknown line": ("-- check:", "-- chek:", 4, "unknown header line 'chek:'; did you mean 'check:'?"),
    "inputs listed beside a query": ("-- grain", "-- reads: raw.events\n-- grain", 3, "a query's inputs are read"),
    "a second statement": ("group by source", "group by source; select 1", 1, "one SELECT is wanted here"),
}


@pytest.mark.parametrize(("old", "new", "line", "message"), BROKEN.values(), ids=BROKEN)
def test_refused_with_file_and_line(tmp_path, write, old, new, line, message):
    path = write("sql/metrics/sources.sql", DAYS.replace(old, new))
    assert refused(tmp_path).startswith(f"{path}:{line}: {message}")


def test_one_file_a_table():
    """A query and a Python table of one name: neither quietly wins."""
    header = parse_header(Path("a"), [(1, "One row per id."), (2, "grain: id")])
    models = [
        Model("people.ids", Path(path), "", header, ()) for path in ("sql/people/ids.sql", "assets/people/ids.py")
    ]
    with pytest.raises(ModelError, match=r"assets/people/ids.py:1: people.ids is sql/people/ids.sql already"):
        _by_name(models)


def test_the_file_is_the_version(tmp_path, write):
    before = load_models(tmp_path, BASE)["metrics.sources"].code_version
    write("sql/metrics/sources.sql", DAYS + "-- a word\n")
    assert load_models(tmp_path, BASE)["metrics.sources"].code_version != before
