"""A small published warehouse of ten simulated days, on both engines; beside it one without a single event."""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from pipelines.ledger.alerts import Alerts, Changes, Transition
from pipelines.ledger.runs import Run, Runs
from pipelines.moments import micros
from pipelines.settings import Settings
from pipelines.warehouse import House, Warehouse, open_warehouse
from pipelines.work import new_tasks, read, run_all
from simulator import simulate
from tests.assets.dashboards.engines import Files, Server, empty_files, empty_server, published_files, served
from tests.houses import settings_in

LAST = date(2026, 11, 1)
LAST_MOMENT = datetime(2026, 11, 1, 23, tzinfo=ZoneInfo("UTC"))


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, house: House) -> Settings:
    """Ten days around the end of summer time in Berlin."""
    folder = tmp_path_factory.mktemp("dashboards")
    simulate(days=10, users=40, seed=1, until=LAST, into=folder / "inbox", truth=folder / "data" / "truth")
    (folder / "inbox" / "web" / "broken.ndjson").write_bytes(b"PK\x03\x04 a zip")
    settings = settings_in(folder)
    with open_warehouse(settings, house) as warehouse:
        read(warehouse, new_tasks(warehouse, settled=False), as_of=micros(LAST_MOMENT) - 1)
        _look(warehouse)
        _run(warehouse)
        run_all(warehouse)
    return settings


def _look(warehouse: Warehouse) -> None:
    """What monitors saw: one thing is over, one goes on, one lacks data."""
    hours = [micros(LAST_MOMENT) - hours * 3_600_000_000 for hours in range(30, 0, -5)]
    seen = [("a", "{}", "firing"), ("b", '{"x": 1}', "pending"), ("a", "{}", "resolved"), ("b", '{"x": 1}', "firing")]
    seen = [*seen, ("b", '{"x": 2}', "no_data"), ("b", '{"x": 1}', "error")]
    rows = [Transition(*each, changed_at=at, value=1.5) for each, at in zip(seen, hours, strict=True)]
    Alerts(warehouse.ledger).commit(Changes(transitions=rows))


def _run(warehouse: Warehouse) -> None:
    """What Dagster ran: one that went well, one that failed, one under way."""
    last, minute = micros(LAST_MOMENT), 60_000_000
    ended = [("success", last - 50 * minute, 0), ("failure", last - 20 * minute, 1), ("running", None, 0)]
    runs = [
        Run(f"r-{at}", "refresh", status, "hand", last - 60 * minute + at, last - 55 * minute, end, 9, failed, last)
        for at, (status, end, failed) in enumerate(ended)
    ]
    Runs(warehouse.ledger).keep(runs)


@pytest.fixture(scope="session")
def files(published: Settings) -> Iterator[Files]:
    with published_files(published.published_folder) as opened:
        yield opened


@pytest.fixture(scope="session")
def no_files(house: House) -> Iterator[Files]:
    with empty_files(house.models) as opened:
        yield opened


@pytest.fixture(scope="session")
def tables(postgres: str, house: House, published: Settings) -> Iterator[Server]:
    with served(postgres, "dashboards", house.models, published.published_folder) as opened:
        yield opened


@pytest.fixture(scope="session")
def no_tables(postgres: str, house: House, tables: Server) -> Iterator[Server]:
    """After the other one, which makes the role that reads."""
    with empty_server(postgres, "no_dashboards", house.models) as opened:
        yield opened
