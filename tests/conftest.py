"""What every test run says at its end: how many tests were skipped for want of a package, and the cure."""

import os

import pytest

from tests.needs import INSTALL


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    for need, command in INSTALL.items():
        count = sum(f"for want of {need}" in reason for reason in reasons)
        if count:
            tests = "test" if count == 1 else "tests"
            terminalreporter.write_line(f"{count} {tests} skipped for want of {need}: {command}", yellow=True)


@pytest.fixture
def dagster_house(tmp_path, monkeypatch):
    """tests.dagster_house.DagsterHouse: a house of its own whose runs and ticks are remembered until the test ends."""
    import dagster as dg

    from tests.dagster_house import DagsterHouse

    for name in [name for name in os.environ if name.startswith("TRAILHOUSE_")]:
        monkeypatch.delenv(name)
    small = {"DATA": tmp_path / "data", "INBOX": tmp_path, "PROCESSES": 1, "THREADS": 1}
    for name, value in small.items():
        monkeypatch.setenv(f"TRAILHOUSE_{name}", str(value))
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)) as instance:
        yield DagsterHouse(tmp_path, instance)
