"""`trailhouse grafana push` as a person types it, and the asset as Dagster runs it. The token is a canary."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import dagster as dg
import pytest

from assets.dashboards.pushed import pushed
from pipelines.grafana.push.api import Grafana
from tests.dagster_house import DagsterHouse
from tests.grafana.server import Server
from tests.shell import say
from tests.slack.test_secrets_in_dagster import everything

CANARY = "glsa_canary1234567890"
Said = Callable[..., str]


@pytest.fixture
def set_up(environment: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The names that Grafana's other tools have, too."""
    monkeypatch.setenv("GRAFANA_URL", f"{server.url}/")
    monkeypatch.setenv("GRAFANA_TOKEN", CANARY)
    monkeypatch.setenv("TRAILHOUSE_ALERT_ADDRESS", "team@example.com")
    server.token = CANARY


@pytest.fixture
def shell(set_up: None) -> Said:
    return partial(say, "grafana", "push")


def test_the_table_says_what_became_of_each(shell: Said, server: Server):
    assert "Would be pushed" in shell("--dry-run") and not server.stored.folders
    said = shell()
    for each in ("folder trailhouse created", "data source warehouse created", "dashboard trailhouse-funnel created"):
        assert each in said
    assert "alert rules trailhouse unchanged" in shell()
    server.stored.keep_board({"uid": "trailhouse-old", "title": "Old"}, "trailhouse", "")
    assert "dashboard trailhouse-old left alone no longer wanted; --prune removes it" in shell()
    assert "dashboard trailhouse-old removed" in shell("--prune")


def test_a_refusal_is_one_line_and_an_exit_code(shell: Said, server: Server, monkeypatch: pytest.MonkeyPatch):
    server.denied = {"dashboards:create"}
    said = shell(code=1)
    assert said.startswith(f"error: {server.url} answers 403 to POST /api/dashboards/db") and CANARY not in said
    monkeypatch.delenv("GRAFANA_TOKEN")
    assert "error: no Grafana to push to: set TRAILHOUSE_GRAFANA_URL and TRAILHOUSE_GRAFANA_TOKEN" in shell(code=1)


def runs(house: DagsterHouse, server: Server) -> str:
    """All that two runs leave: one that Grafana refuses, one that it does not."""
    for denied in ({"folders:read"}, set()):
        server.denied = denied
        dg.materialize([pushed], instance=house.instance, raise_on_error=False)
    return everything(house.folder)


def test_nothing_that_a_run_leaves_holds_the_token_and_one_in_an_error_would_be_seen(
    lasting_house: DagsterHouse, set_up: None, server: Server, monkeypatch: pytest.MonkeyPatch
):
    found = runs(lasting_house, server)
    assert "lacks the permission folders:read" in found and "trailhouse-overview" in found
    assert CANARY not in found and "trailhouse-overview" in server.stored.boards
    monkeypatch.setattr(Grafana, "_message", lambda self, said: f"{said} {CANARY}")
    assert CANARY in runs(lasting_house, server)


def test_without_an_address_the_asset_is_skipped_and_says_so(
    dagster_house: DagsterHouse, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("GRAFANA_URL", raising=False)
    done = dg.materialize([pushed], instance=dagster_house.instance)
    assert done.success and not done.get_asset_materialization_events()
    assert "Skipped: no Grafana to push to: set TRAILHOUSE_GRAFANA_URL" in capfd.readouterr().err
