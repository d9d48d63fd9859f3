import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from assets.dashboards.wanted import wanted as wanted_by
from pipelines.grafana.push import Options, Pushed, push
from pipelines.grafana.push.api import Grafana
from pipelines.grafana.push.wanted import Wanted
from tests.grafana.server import TOKEN, Server
from tests.houses import settings_in

HURRY = Options(retry_seconds=0.01)


@pytest.fixture(scope="session")
def wanted() -> Wanted:
    """Everything that the checkout has, over the published files."""
    return wanted_by(settings_in(Path("/srv/trailhouse"), alert_address="team@example.com"))


@pytest.fixture(scope="session")
def small(wanted: Wanted) -> Wanted:
    """The same with one dashboard."""
    return replace(wanted, boards=wanted.boards[:1])


@pytest.fixture
def server() -> Iterator[Server]:
    started = Server()
    threading.Thread(target=started.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield started
    started.shutdown()
    started.server_close()


def pushed(server: Server, wanted: Wanted, token: str = TOKEN, timeout: float = 5, **changes: bool) -> list[Pushed]:
    with Grafana(server.url, SecretStr(token), timeout) as grafana:
        return push(grafana, wanted, replace(HURRY, **changes))


def told(rows: list[Pushed]) -> dict[str, str]:
    return {f"{each.kind} {each.uid}": each.what for each in rows}
