"""A small published warehouse of ten simulated days, on both engines; beside it one without a single event."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from pipelines.ledger.alerts import Alerts, Changes, Transition
from pipelines.moments import micros
from pipelines.settings import Settings
from pipelines.warehouse import House, Warehouse, open_warehouse
from pipelines.work import new_tasks, read, run_all
from simulator import simulate
from tests.assets.dashboards.engines import Files, Server, server
from tests.houses import settings_in

LAST = date(2026, 11, 1)
LAST_MOMENT = datetime(2026, 11, 1, 23, tzinfo=ZoneInfo("UTC"))


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, house: House) -> Settings:
    """Ten days around the end of summer time in Berlin."""
    folder = tmp_path_factory.mktemp("dashboards")
    simulate(days=10, users=40, seed=1, until=LAST, into=folder / "inbox", truth=folder / "data" / "truth")
    settings = settings_in(folder)
    with open_warehouse(settings, house) as warehouse:
        read(warehouse, new_tasks(warehouse, settled=False))
        _look(warehouse)
        run_all(warehouse)
    return settings


def _look(warehouse: Warehouse) -> None:
    """What monitors saw: one thing is over, one goes on, one lacks data."""
    hours = [micros(LAST_MOMENT) - hours * 3_600_000_000 for hours in range(30, 0, -5)]
    seen = [("a", "{}", "firing"), ("b", '{"x": 1}', "pending"), ("a", "{}", "resolved"), ("b", '{"x": 1}', "firing")]
    seen = [*seen, ("b", '{"x": 2}', "no_data"), ("b", '{"x": 1}', "error")]
    rows = [Transition(*each, changed_at=at, value=1.5) for each, at in zip(seen, hours, strict=True)]
    Alerts(warehouse.ledger).commit(Changes(transitions=rows))


@pytest.fixture(scope="session")
def files(published: Settings, house: House) -> Iterator[Files]:
    with closing(Files(published.published_folder, house.models)) as opened:
        yield opened


@pytest.fixture(scope="session")
def no_files(house: House) -> Iterator[Files]:
    with closing(Files(None, house.models)) as opened:
        yield opened


@pytest.fixture(scope="session")
def tables(postgres: str, house: House, files: Files) -> Iterator[Server]:
    with server(postgres, "dashboards", house.models, files) as opened:
        yield opened


@pytest.fixture(scope="session")
def no_tables(postgres: str, house: House) -> Iterator[Server]:
    with server(postgres, "no_dashboards", house.models, None) as opened:
        yield opened
