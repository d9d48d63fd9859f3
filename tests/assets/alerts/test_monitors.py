"""The monitors in Dagster: at the end of the inbox's tick, every minute, and by hand; what is told lies in the outbox."""

import json
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from assets.raw.watch import TickFailed
from pipelines.config.monitors import What
from pipelines.house import HOUSE
from pipelines.ledger import Ledger
from pipelines.ledger.alerts import Alerts
from pipelines.ledger.tables import alert_looks
from pipelines.lock import writer_lock
from pipelines.published import ask, is_up_to_date
from pipelines.settings import Settings
from simulator.projects import Project, write_projects
from tests.dagster_house import DagsterHouse, record, with_check


def ago(**time: float) -> str:
    return (datetime.now(UTC) - timedelta(**time)).isoformat().replace("+00:00", "Z")


def signup(event_id: str, user: str, at: str | None = None) -> dict:
    return record(event_id, user, at or ago(minutes=5), event_name="signed_up", properties={"method": "github"})


def failure(event_id: str, deployment: str, reason: str) -> dict:
    ids = {"user": "1", "deployment_id": deployment}
    return record(event_id, "1", ago(minutes=4), event_name="deployment_failed", ids=ids, properties={"reason": reason})


def start(event_id: str, deployment: str) -> dict:
    ids = {"user": "1", "deployment_id": deployment}
    return record(event_id, "1", ago(minutes=5), event_name="deployment_started", ids=ids, properties={})


@pytest.fixture
def dagster_house(dagster_house):
    """Beside it a database of projects, in which nothing is wrong."""
    Settings().data_folder.mkdir(parents=True, exist_ok=True)
    write_projects(Settings().database_address("projects").get_secret_value(), [])
    return dagster_house


def minute(house: DagsterHouse) -> str:
    from assets.alerts.monitors import every_minute

    said = every_minute(dg.build_sensor_context(instance=house.instance))
    assert isinstance(said, dg.SkipReason)
    return said.skip_message or ""


def told(house: DagsterHouse, monitor: str) -> dict[str, str]:
    """Unit -> text of what lies in the outbox."""
    found = (house.folder / "data" / "outbox").glob(f"*/alerts/{monitor}/*/*.json")
    return {said["unit"]: said["text"] for said in (json.loads(path.read_text()) for path in found)}


def alerts() -> Alerts:
    return Alerts(Ledger(Settings().ledger_address))


def test_a_signup_is_told_once_at_the_end_of_the_tick_that_read_it(dagster_house):
    dagster_house.drop("a.ndjson", signup("e1", "1"))
    dagster_house.tick()
    (text,) = told(dagster_house, "signup").values()
    assert text == "🎉 app/user/1 signed up with github, welcome! trailhouse person app/user/1"
    dagster_house.drop("b.ndjson", signup("e1", "1"), signup("e2", "2"))  # the first one comes again
    dagster_house.tick()
    assert minute(dagster_house).endswith("0 changes. All is sent.")
    assert len(told(dagster_house, "signup")) == 2
    assert [each.state for each in alerts().transitions("signup")] == ["firing", "resolved"] * 2


def test_what_a_new_house_finds_in_old_files_is_not_told_and_later_only_counted(dagster_house):
    dagster_house.drop("a.ndjson", signup("e1", "1", ago(days=3)))
    dagster_house.tick()
    assert told(dagster_house, "signup") == {}
    dagster_house.drop("b.ndjson", signup("e2", "2", ago(days=2)), signup("e3", "3", ago(days=2)))
    dagster_house.tick()
    assert list(told(dagster_house, "signup").values()) == ["💬 signup: 2 that happened long before were read now"]


def test_a_storm_is_one_message_with_all_in_its_thread(dagster_house):
    dagster_house.drop("a.ndjson", *(signup(f"e{number}", str(number)) for number in range(1, 52)))
    dagster_house.tick()
    message, reply = sorted(told(dagster_house, "signup").values(), key=len)
    assert message == "💬 signup: 51 at once" and reply.count("🎉") == 51


def test_failures_are_grouped_by_their_code_and_each_more_edits_the_message(dagster_house):
    failed = (start("s1", "d1"), failure("f1", "d1", "build_failed"), start("s2", "d2"), failure("f2", "d2", "timeout"))
    dagster_house.drop("a.ndjson", *failed, source="backend")
    dagster_house.tick()
    dagster_house.drop("b.ndjson", start("s3", "d3"), failure("f3", "d3", "build_failed"), source="backend")
    dagster_house.tick()
    said = told(dagster_house, "deployment_failed")
    messages = sorted(text.splitlines()[0] for unit, text in said.items() if "/" not in unit)
    assert messages == ["🟠 Deployments fail: build_failed, 2 so far", "🟠 Deployments fail: timeout, 1 so far"]
    replies = [text for unit, text in said.items() if unit.endswith("1-first")]
    assert len(replies) == 2 and all("Last steps:" in text and "deployment failed" in text for text in replies)
    assert not dagster_house.check("monitors/deployment_failed", "quiet").passed


def test_an_end_that_comes_before_its_start_is_told_when_it_is_known_whose_it_is(dagster_house):
    lonely = failure("f1", "d1", "build_failed") | {"ids": {"deployment_id": "d1"}}
    dagster_house.drop("a.ndjson", lonely, source="backend")
    dagster_house.tick()
    assert told(dagster_house, "deployment_failed") == {}
    dagster_house.drop("b.ndjson", start("s1", "d1"), source="backend")
    dagster_house.tick()
    assert len([unit for unit in told(dagster_house, "deployment_failed") if "/" not in unit]) == 1


def test_the_minute_shows_state_and_value_of_each_monitor(dagster_house):
    dagster_house.drop("a.ndjson", record("e1", "1", ago(hours=20)))
    dagster_house.build()
    assert "13 monitors looked at" in minute(dagster_house)
    shown = dagster_house.materializations("monitors/source_stale")[0].metadata
    assert (shown["state"].value, round(shown["value"].value / 3600)) == ("pending", 20)
    assert dagster_house.check("monitors/source_stale", "quiet").passed
    assert len(dagster_house.materializations("monitors/source_stale")) == 1
    quiet = dagster_house.materializations("monitors/bad_state")[0].metadata
    assert (quiet["state"].value, quiet["value"].value) == ("normal", 0.0) and "fires now" not in quiet


def test_what_fires_is_shown_with_the_query_and_the_way_to_what_mends_it(dagster_house):
    from assets.alerts.monitors import monitors

    address = Settings().database_address("projects").get_secret_value()
    write_projects(address, [Project("p1", "u1", "one", "running", 0)])
    dagster_house.build()
    minute(dagster_house)
    shown = dagster_house.materializations("monitors/bad_state")[0].metadata
    assert (shown["value"].value, shown["threshold"].value) == (1.0, 0.0)
    assert '"running"' in shown["fires now"].value and "firing" in shown["changed now"].value
    about = monitors.specs_by_key[dg.AssetKey(["monitors", "bad_state"])].metadata
    assert "started_at is null" in about["query"].value
    assert about["corrector"].job_name == "correct_projects_without_start"


def test_a_house_without_the_database_shows_that_it_is_not_set_up(dagster_house):
    (Settings().data_folder / "projects.sqlite").unlink()
    dagster_house.build()
    minute(dagster_house)
    assert alerts().transitions("bad_state") == [] and alerts().unsent(2**62) == []
    shown = dagster_house.materializations("monitors/bad_state")[0].metadata
    assert shown["state"].value == "not set up" and "value" not in shown
    result = dagster_house.check("monitors/bad_state", "quiet")
    assert result.passed and "TRAILHOUSE_DATABASES__PROJECTS" in result.description


def test_while_the_warehouse_is_written_to_only_what_needs_nothing_of_it_is_looked_at(dagster_house, monkeypatch):
    dagster_house.build()
    monkeypatch.setattr("assets.alerts.monitors.WAIT_SECONDS", 0)
    with writer_lock(Settings().data_folder / "writer.lock"):
        assert minute(dagster_house).startswith("6 monitors looked at, 0 changes")
    outside = {"bad_state", "bad_state_live"}
    assert set(alerts().looks()) == {"pipeline_heartbeat", "failed_run", "failed_check", "stale_asset"} | outside


def test_looks_never_overlap(dagster_house, monkeypatch):
    monkeypatch.setattr("pipelines.monitors.work.LOOK_WAIT_SECONDS", 0)
    dagster_house.build()
    with alerts().alone():
        assert "Another process looks" in minute(dagster_house)
    assert alerts().looks() == {}


def test_a_monitor_can_be_looked_at_by_hand(dagster_house):
    dagster_house.drop("a.ndjson", signup("e1", "1"))
    dagster_house.build()
    assert dagster_house.run("look").success
    assert len(told(dagster_house, "signup")) == 1
    assert dagster_house.check("monitors/signup", "quiet").passed


def test_a_check_that_fails_is_told_once_and_that_it_recovered(dagster_house, monkeypatch):
    broken = with_check("people.identities", "person_id <> 'app/user/3'")
    monkeypatch.setattr("assets.raw.watch.HOUSE", broken)
    monkeypatch.setattr("pipelines.orchestration.own_state.HOUSE", broken)
    dagster_house.drop("a.ndjson", record("e3", "3", ago(minutes=5)))
    with pytest.raises(TickFailed):
        dagster_house.tick()
    minute(dagster_house)
    (incident,) = [unit for unit in told(dagster_house, "failed_check") if "/" not in unit]
    assert "name people/identities extra" in told(dagster_house, "failed_check")[incident]
    monkeypatch.setattr("assets.raw.watch.HOUSE", with_check("people.identities", "true"))
    dagster_house.drop("b.ndjson", record("e4", "4", ago(minutes=5)))
    dagster_house.tick()
    alerts()._ledger.change(alert_looks.delete())  # as if a minute were over
    minute(dagster_house)
    assert told(dagster_house, "failed_check")[incident].startswith("✅")


def test_the_last_run_of_a_job_is_what_counts(dagster_house):
    from pipelines.definitions import defs
    from pipelines.orchestration.own_state import own_state

    job, what = defs.resolve_job_def("prune"), What(dagster="runs")
    assert own_state(dagster_house.instance, what) == []
    for status, value in ((dg.DagsterRunStatus.FAILURE, 1.0), (dg.DagsterRunStatus.SUCCESS, 0.0)):
        run = dagster_house.instance.create_run_for_job(job, status=status)
        assert own_state(dagster_house.instance, what) == [{"name": "prune", "value": value, "run": run.run_id}]
    assert own_state(dagster_house.instance, What(dagster="freshness")) == []


def test_what_a_minute_saw_is_published_by_itself(dagster_house):
    dagster_house.drop("a.ndjson", record("e1", "1", ago(hours=20)))
    assert dagster_house.run("refresh").success
    minute(dagster_house)
    folder = Settings().published_folder
    assert ask(folder, "select monitor, state from alerts.transitions")[1] == [("source_stale", "pending")]
    assert ask(folder, "select job, status from metrics.pipeline_runs")[1] == [("refresh", "success")]
    assert is_up_to_date(Settings(), HOUSE)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    minute(dagster_house)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
