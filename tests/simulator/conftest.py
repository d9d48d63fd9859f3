"""One simulated world for all tests of the simulator: thirty days around the end of summer time in Berlin."""

from datetime import date

import pytest

from simulator import simulate
from tests.simulator.world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    summary = simulate(30, 300, 7, date(2026, 10, 28), folder / "inbox")
    return World(folder / "inbox", folder / "truth", summary)
