"""The monitors over what came already: each sign-up of the past is told at its time, and a second look back tells nothing."""

from datetime import date

from assets.alerts.past import look_back, moments
from pipelines.ledger.alerts import Alerts
from pipelines.settings import Settings
from pipelines.warehouse import load_house, open_warehouse
from pipelines.work import read, run_all, tasks_of
from simulator import batches, simulate
from simulator.project_versions import projects_then
from tests.houses import settings_in


def test_what_came_in_two_days_is_told_once(tmp_path):
    inbox = tmp_path / "inbox"
    address = f"sqlite:///{tmp_path / 'log.sqlite'}"
    told = {"days": 3, "users": 40, "seed": 1, "until": date(2026, 11, 1), "into": inbox, "truth": tmp_path / "truth"}
    simulate(**told, projects=address)
    settings = settings_in(tmp_path, threads=1)
    with open_warehouse(settings, load_house(Settings())) as warehouse:
        for as_of, paths in batches(inbox):
            read(warehouse, tasks_of(warehouse, paths), as_of=round(as_of.timestamp() * 1_000_000))
        run_all(warehouse)
        looks = moments(warehouse, 2)
        with projects_then(address) as projects:
            assert sum(look_back(warehouse, looks, {"projects": projects})) > 0 and moments(warehouse, 2) == []
        alerts = Alerts(warehouse.ledger)
        told = {each.labels: each for each in alerts.transitions("signup") if each.state == "firing"}
        first = looks[0][0] << 32
        query = "select count(*) from warehouse.journeys.rule_actions where action = 'signed_up' and event_number >= ?"
        (count,) = warehouse.connection.execute(query, [first]).fetchall()[0]
        assert 0 < len(told) == count and len({each.changed_at for each in told.values()}) > 1
        assert [each.monitor for each in alerts.open_notes().values()] == []
        wrong = [each.state for name in ("bad_state", "bad_state_live") for each in alerts.transitions(name)]
        assert wrong.count("firing") == wrong.count("resolved") > 0
