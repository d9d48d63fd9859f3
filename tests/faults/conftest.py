"""One server of victims for a test process, the folders that their stories begin in, and how a rig reports."""

import shutil
from collections.abc import Callable, Iterator

import pytest

from tests.faults.calls import compiled
from tests.faults.figures import Figures, remember
from tests.faults.rig import Victims, folder_in_memory
from tests.faults.stages import Stages
from tests.needs import has_compiler


@pytest.fixture(scope="session")
def victims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victims]:
    folder = folder_in_memory() or tmp_path_factory.mktemp("victims")
    server = Victims(folder, compiled(folder) if has_compiler() else None)
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def stages(victims: Victims) -> Stages:
    return Stages(victims)


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Callable[[Figures], None]:
    """Shows the figures at the end of the test run, and asserts that nothing was harmed."""

    def say(figures: Figures) -> None:
        record_property("figures", figures.line())
        print(figures.line())
        assert not figures.harm, "\n".join([figures.line(), *figures.what[:20]])

    return say


@pytest.fixture
def lasting_report(report: Callable[[Figures], None]) -> Callable[[Figures], None]:
    """The same, and puts them into bench/README.md: of a soak."""

    def say(figures: Figures) -> None:
        remember(figures)
        report(figures)

    return say
