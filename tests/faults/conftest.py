"""One server of victims for a test process, the folders that their stories begin in, and how a rig reports."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.config import load_config
from pipelines.models import load_models
from pipelines.warehouse import House, base_tables
from tests.faults.calls import compiled
from tests.faults.figures import Figures
from tests.faults.rig import Victims
from tests.faults.stages import Stages
from tests.houses import settings_in
from tests.needs import has_compiler


@pytest.fixture(scope="session")
def victims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victims]:
    folder = _memory() or tmp_path_factory.mktemp("victims")
    server = Victims(folder, compiled(folder) if has_compiler() else None)
    yield server
    server.stop()
    shutil.rmtree(folder)


def _memory() -> Path | None:
    """A folder in memory where there is room: a process that dies takes nothing of it, and there are thousands of syncs."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or shutil.disk_usage(memory).free < 1 << 30:
        return None
    return Path(tempfile.mkdtemp(prefix="trailhouse-", dir=memory))


@pytest.fixture(scope="session")
def stages(victims: Victims) -> Stages:
    return Stages(victims)


@pytest.fixture(scope="session")
def house() -> House:
    """The checkout's config and tables."""
    settings = settings_in(Path())
    config = load_config(settings.config_folder)
    return House(config, load_models(settings.home, base_tables(config)))


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Callable[[Figures], None]:
    """Shows the figures at the end of the test run, and asserts that nothing was harmed."""

    def say(figures: Figures) -> None:
        record_property("figures", figures.line())
        print(figures.line())
        assert not figures.harm, "\n".join([figures.line(), *figures.what[:20]])

    return say
