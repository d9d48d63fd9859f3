"""Whatever is wrong with a Grafana, its address or the token: one message that says where, what, and what to do."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from assets.dashboards.wanted import push_to, wanted
from pipelines.grafana.push import Options
from pipelines.grafana.push.api import Grafana, GrafanaError, ReadOnly
from pipelines.grafana.push.wanted import Wanted
from tests.grafana.conftest import pushed
from tests.grafana.server import HTML, TOKEN, Server
from tests.houses import settings_in


def stored(name: str, value: object) -> Callable[[Server], None]:
    return lambda server: setattr(server.stored, name, value)


def has(name: str, value: object) -> Callable[[Server], None]:
    return lambda server: setattr(server, name, value)


def foreign_source(server: Server) -> None:
    server.stored.sources["warehouse"] = {"uid": "warehouse", "name": "w", "type": "mysql"}
    server.stored.secrets["warehouse"] = {}


def same_name(server: Server) -> None:
    server.stored.sources["other"] = {"uid": "other", "name": "warehouse", "type": "mysql"}


WRONG: dict[str, tuple[Callable[[Server], None], tuple[str, ...]]] = {
    "a wrong token": (has("token", "glsa_other"), ("401", "Invalid API key", "set TRAILHOUSE_GRAFANA_TOKEN")),
    "may not read folders": (
        has("denied", {"folders:read"}),
        ("403", "lacks the permission folders:read", "role Admin"),
    ),
    "may not write": (has("denied", {"datasources:create"}), ("lacks the permission datasources:create", "role Admin")),
    "may not see alerts": (
        has("denied", {"alert.provisioning:read"}),
        ("lacks the permission alert.provisioning:read",),
    ),
    "no plugin": (stored("plugins", set()), ("lacks the plugin motherduck-duckdb-datasource", "install it")),
    "too old": (stored("version", "12.1.4"), ("is Grafana 12.1.4", "need 12.2 or later")),
    "much too old": (stored("version", "9.5.0"), ("is Grafana 9.5.0", "need 12.2 or later")),
    "something else": (
        has("page", HTML),
        ("is no Grafana: 200 to GET /api/health, text/html", "TRAILHOUSE_GRAFANA_URL"),
    ),
    "another API": (has("page", b"[]"), ("is no Grafana", "TRAILHOUSE_GRAFANA_URL")),
    "another's source": (foreign_source, ("'warehouse' is a mysql", "made by hand", "another uid")),
    "a source of that name": (same_name, ("409", "data source with the same name already exists", "look there")),
}


@pytest.mark.parametrize(("breaks", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told(server: Server, small: Wanted, breaks: Callable[[Server], None], words: tuple[str, ...]):
    breaks(server)
    with pytest.raises(GrafanaError) as error:
        pushed(server, small)
    assert [each for each in (server.url, *words) if each not in str(error.value)] == []
    assert TOKEN not in str(error.value)


@pytest.mark.parametrize("version", ["12.2.0", "12.2.0-91234", "13.0.1+security-01", "20.0.0"])
def test_a_grafana_that_is_new_enough_is_not_refused(server: Server, small: Wanted, version: str):
    server.stored.version, server.hides_version = version, True  # strangers are not told, the token is
    assert pushed(server, small)


def test_one_that_is_not_there(small: Wanted):
    with Server() as gone:
        pass
    with pytest.raises(
        GrafanaError, match=rf"{gone.url}: no answer to GET /api/health \(ConnectError\); is it running"
    ):
        pushed(gone, small)


FILES: dict[str, Callable[[Any], object]] = {
    "dashboard trailhouse-overview": lambda stored: stored.boards["trailhouse-overview"].update(provisioned=True),
    "data source warehouse": lambda stored: stored.sources["warehouse"].update(readOnly=True),
    "contact point trailhouse-mail": lambda stored: stored.points["trailhouse-mail"].update(provenance="file"),
    "alert rules trailhouse": lambda stored: [each.update(provenance="file") for each in stored.rules.values()],
}


def changed(small: Wanted) -> Wanted:
    rules = [each | {"for": "30m"} for each in small.rules]
    points = [each | {"settings": {"addresses": "other@example.com"}} for each in small.points]
    source = small.source | {"jsonData": {"path": "other"}}
    return replace(small, boards=[small.boards[0] | {"title": "Other"}], rules=rules, points=points, source=source)


@pytest.mark.parametrize(("what", "provision"), FILES.items(), ids=FILES)
def test_what_grafana_has_from_its_files_is_not_pushed_over(
    server: Server, small: Wanted, what: str, provision: Callable[[Any], object]
):
    """Told before anything is sent, so a dry run tells it too; and so does Grafana, should it become so meanwhile."""
    pushed(server, small)
    provision(server.stored)
    assert {each.what for each in pushed(server, small)} == {"unchanged"}
    with pytest.raises(ReadOnly, match=f"the {what} is not as wanted, and it came from Grafana's provisioning files"):
        pushed(server, changed(small), dry_run=True)


REFUSALS = [
    ("POST", "api/dashboards/db", lambda wanted: {"dashboard": wanted.boards[0], "folderUid": "trailhouse"}),
    ("PUT", "api/datasources/uid/warehouse", lambda wanted: {"name": "w", "type": "t", "access": "proxy"}),
    ("PUT", "api/v1/provisioning/contact-points/trailhouse-mail", lambda wanted: wanted.points[0]),
    ("DELETE", "api/dashboards/uid/trailhouse-overview", lambda wanted: None),
    ("DELETE", "api/v1/provisioning/alert-rules/trailhouse-rule-stale", lambda wanted: None),
]


def test_grafanas_own_words_for_what_its_files_hold_are_understood(server: Server, small: Wanted):
    pushed(server, small)
    for provision in FILES.values():
        provision(server.stored)
    with Grafana(server.url, SecretStr(TOKEN)) as grafana:
        for method, path, body in REFUSALS:
            with pytest.raises(ReadOnly, match="use one of the two"):
                grafana.call(method, path, body(small), headers={"X-Disable-Provenance": "true"})


@pytest.mark.parametrize(
    "url", ["grafana.example:3000", "ftp://g.example", "http://", "http://admin:secret-word@g.example", "…"]
)
def test_what_is_no_address_is_refused_without_its_password(url: str):
    with pytest.raises(GrafanaError, match="TRAILHOUSE_GRAFANA_URL is no address") as error:
        Grafana(url, SecretStr(TOKEN))
    assert "secret-word" not in str(error.value)


@pytest.mark.parametrize("token", ["", "two words", "tokén", "line\nfeed"])
def test_what_is_no_token_is_refused_and_not_told(token: str):
    with pytest.raises(GrafanaError, match="is no token") as error:
        Grafana("http://g.example", SecretStr(token))
    assert not token or token not in str(error.value)


def test_a_token_that_comes_back_in_an_answer_is_not_told(server: Server, small: Wanted):
    server.token, server.stored.version = "other", "13.0.1"
    server.page = f'{{"database": "ok", "message": "{TOKEN}"}}'.encode()
    with pytest.raises(GrafanaError) as error:
        pushed(server, small)
    assert TOKEN not in str(error.value)


def test_what_is_not_set_is_told(monkeypatch: pytest.MonkeyPatch):
    for name in ("GRAFANA_URL", "GRAFANA_TOKEN"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"TRAILHOUSE_{name}", raising=False)
    bare = settings_in(Path("/srv"))
    with pytest.raises(GrafanaError, match="set TRAILHOUSE_GRAFANA_URL and TRAILHOUSE_GRAFANA_TOKEN"):
        push_to(bare, Options())
    with pytest.raises(GrafanaError, match=r"contact-points\.yaml needs TRAILHOUSE_ALERT_ADDRESS: set it"):
        wanted(bare)
    with pytest.raises(GrafanaError, match=r"warehouse\.yaml needs WAREHOUSE_ADDRESS: set it"):
        wanted(settings_in(Path("/srv"), grafana_source="postgres"))


def test_over_postgresql_the_reader_and_its_password_are_sent():
    given = {
        "warehouse_address": "db:5432",
        "warehouse_reader_password": SecretStr("word"),
        "alert_address": "a@b.example",
    }
    made = wanted(settings_in(Path("/srv"), grafana_source="postgres", **given))
    assert made.plugin == "grafana-postgresql-datasource" and made.source["url"] == "db:5432"
    assert made.source["secureJsonData"] == {"password": "word"} and made.source["jsonData"]["database"] == "trailhouse"
