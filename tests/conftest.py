"""What every test run says at its end: how many tests were skipped for want of a package, and the cure."""

import pytest

from tests.needs import INSTALL


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    for need, command in INSTALL.items():
        count = sum(f"for want of {need}" in reason for reason in reasons)
        if count:
            tests = "test" if count == 1 else "tests"
            terminalreporter.write_line(f"{count} {tests} skipped for want of {need}: {command}", yellow=True)
