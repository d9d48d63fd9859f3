"""The whole way from simulated files to tables, against what the simulation says really happened."""

import gzip
import json
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.moments import micros
from pipelines.warehouse import House, Warehouse, open_warehouse
from pipelines.work import new_tasks, read, refresh_tables, run_all, tasks_of
from simulator import batches, simulate
from tests.houses import rows_of, settings_in, tables_of

EXCLUDED = ("staff", "bot")
UNTIL = date(2026, 10, 28)  # the 25-hour day, 2026-10-25, lies inside


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    simulate(days=9, users=60, seed=3, until=UNTIL, into=folder / "inbox", truth=folder / "truth")
    return folder


@pytest.fixture(scope="module")
def warehouse(simulated: Path, house: House):
    """Fed hour by hour, refreshed now and then, as a sensor would."""
    with open_warehouse(settings_in(simulated), house) as opened:
        for number, (as_of, paths) in enumerate(batches(simulated / "inbox")):
            read(opened, tasks_of(opened, paths), micros(as_of))
            if number % 80 == 7:
                refresh_tables(opened)
        run_all(opened)
        yield opened


def truth(folder: Path, name: str) -> list[dict]:
    path = folder / "truth" / name
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_every_record_is_accounted_for_as_the_simulation_says(simulated: Path, warehouse: Warehouse):
    said = json.loads((simulated / "truth" / "totals.json").read_text())["sources"]
    for source, records_in, accepted, same, conflicts, refused, blank in warehouse.ledger.totals():
        expected = said[source]
        assert records_in == expected["records"]
        assert accepted == expected["accepted"]
        assert (same, conflicts) == (expected["duplicate_same"], expected["duplicate_conflict"])
        assert (refused, blank) == (sum(expected["broken"].values()), 0)


def test_every_broken_record_has_its_reason(simulated: Path, warehouse: Warehouse):
    said = json.loads((simulated / "truth" / "totals.json").read_text())["sources"]
    query = (
        """select source, reason, count(*) from read_parquet($1) where reason <> 'duplicate_conflict' group by all"""
    )
    segments = warehouse.ledger.segments("quarantine", 0, warehouse.position)
    paths = [str(warehouse.settings.lake_folder / each.path) for each in segments]
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for source, reason, count in warehouse.connection.execute(query, [paths]).fetchall():
        found[source][reason] = count
    assert dict(found) == {source: expected["broken"] for source, expected in said.items() if expected["broken"]}


def test_persons_are_the_true_ones(simulated: Path, warehouse: Warehouse):
    said = {(each["kind"], each["id"]): each["person_id"] for each in truth(simulated, "identities.ndjson")}
    found = {row[:2]: row[2] for row in rows_of(warehouse, "people.identities", ["id_kind", "id_value", "person_id"])}
    assert found.keys() == said.keys()
    assert groups(found) == groups(said)


def groups(person_of: dict) -> set[frozenset]:
    members = defaultdict(set)
    for key, person in person_of.items():
        members[(person is None, person)].add(key)
    return {frozenset(each) for each in members.values()}


def excluded(simulated: Path) -> set[tuple[str, str]]:
    """(source, event id) of every event of staff and bots."""
    roles = {each["true_person"]: each["role"] for each in truth(simulated, "truth.ndjson")}
    events = truth(simulated, "events.ndjson.gz")
    return {(each["source"], each["event_id"]) for each in events if roles[each["true_person"]] in EXCLUDED}


def test_staff_and_bots_count_nowhere_and_everybody_else_counts(simulated: Path, warehouse: Warehouse):
    said = {(each["source"], each["event_id"]) for each in truth(simulated, "events.ndjson.gz")}
    found = set(rows_of(warehouse, "journeys.events", ["source", "event_id"]))
    assert excluded(simulated) and found == said - excluded(simulated)
    counted = rows_of(warehouse, "metrics.excluded", ["kind", "event_count", "person_count"])
    roles = [each["role"] for each in truth(simulated, "truth.ndjson")]
    persons = {kind: count for kind, _, count in counted}
    assert sum(count for _, count, _ in counted) == len(excluded(simulated))
    assert persons["email_domain"] == roles.count("staff") and persons["user_agent"] >= roles.count("bot")


def test_events_belong_to_their_persons_and_keep_the_true_time(simulated: Path, warehouse: Warehouse):
    said = {(each["source"], each["event_id"]): each for each in truth(simulated, "events.ndjson.gz")}
    found = rows_of(warehouse, "people.events", ["source", "event_id", "occurred_at", "person_id"])
    assert len(found) == len(said)
    pairs = set()
    for source, event_id, occurred_at, person_id in found:
        expected = said[(source, event_id)]
        assert occurred_at == datetime.fromisoformat(expected["occurred_at"])
        pairs.add((person_id, expected["person_id"]))
    assert len(pairs) == len({ours for ours, _ in pairs}) == len({theirs for _, theirs in pairs})


def test_the_25_hour_day_is_one_day(warehouse: Warehouse):
    first, last = warehouse.connection.execute("""select min(occurred_at), max(occurred_at) from warehouse.people.events
        where local_date = date '2026-10-25'""").fetchall()[0]
    assert first.isoformat() >= "2026-10-24T22:00:00+00:00"
    assert last.isoformat() < "2026-10-25T23:00:00+00:00"
    assert (last - first).total_seconds() > 23 * 3600


def test_batch_by_batch_equals_one_batch(simulated: Path, warehouse: Warehouse, house: House, tmp_path: Path):
    settings = settings_in(tmp_path, inbox=simulated)
    with open_warehouse(settings, house) as whole:
        last = micros(batches(simulated / "inbox")[-1][0])
        read(whole, new_tasks(whole, settled=False), last)
        run_all(whole)
        one, many = tables_of(whole), tables_of(warehouse)
    for name in one:
        assert one[name] == many[name], name


def test_a_second_run_changes_nothing(warehouse: Warehouse):
    before = tables_of(warehouse)
    assert new_tasks(warehouse, settled=False) == []
    assert {each.why for each in run_all(warehouse)} == {"nothing new"}
    assert tables_of(warehouse) == before


def test_the_clock_skew_is_in_the_input(simulated: Path, warehouse: Warehouse):
    """Or the test of true times would prove nothing."""
    skewed = warehouse.connection.execute(
        """select count(*) from read_parquet($1)
        where sent_at is not null and abs(epoch(received_at) - epoch(sent_at)) > 60""",
        [
            [
                str(warehouse.settings.lake_folder / s.path)
                for s in warehouse.ledger.segments("events", 0, warehouse.position)
            ]
        ],
    ).fetchall()[0][0]
    assert skewed > 10


def test_deployments_end_as_they_truly_did(simulated: Path, warehouse: Warehouse):
    """One that took too long is a start that stays open and an end that has none."""
    roles = {each["true_person"]: each["role"] for each in truth(simulated, "truth.ndjson")}
    true_ones = [each for each in truth(simulated, "deployments.ndjson") if roles[each["true_person"]] not in EXCLUDED]
    columns = ["action", "key", "outcome", "started_at", "ended_at"]
    found = [row[1:] for row in rows_of(warehouse, "journeys.rule_actions", columns) if row[0] == "deployment"]
    assert Counter(found) == Counter(span for each in true_ones for span in spans(each))


def test_jobs_run_and_get_stuck_as_they_truly_did(simulated: Path, warehouse: Warehouse):
    true_ones = truth(simulated, "jobs.ndjson")
    columns = ["action", "key", "outcome", "started_at", "last_heartbeat_at", "ended_at"]
    found = [row[1:] for row in rows_of(warehouse, "journeys.rule_actions", columns) if row[0] == "job"]
    outcomes = {"completed": "ok", "failed": "failed", "open": "open", "end_without_start": "ok"}
    assert sorted(found, key=str) == sorted(
        [
            (each["job_id"], outcomes[each["outcome"]], *(as_moment(each[name]) for name in columns[3:]))
            for each in true_ones
        ],
        key=str,
    )
    as_of = max(as_of for as_of, _ in batches(simulated / "inbox"))
    silent = {row[0] for row in found if row[1] == "open" and as_of - (row[3] or row[2]) > timedelta(minutes=10)}
    assert silent == {each["job_id"] for each in true_ones if each["is_stuck"]} and silent


def spans(deployment: dict) -> list[tuple]:
    """(key, outcome, start, end) as the rule sees it."""
    key, outcome = deployment["deployment_id"], deployment["outcome"]
    started, ended = (as_moment(deployment[name]) for name in ("started_at", "ended_at"))
    ends = [(key, "ok", None, ended)] if outcome == "too_long" else []
    if outcome in ("completed", "failed"):
        return [(key, "ok" if outcome == "completed" else "failed", started, ended)]
    if outcome == "end_without_start":
        return [(key, "ok", None, ended)]
    return [(key, "open", started, None), *ends]


def as_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
