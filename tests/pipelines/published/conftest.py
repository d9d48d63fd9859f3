import shutil
from collections.abc import Iterator

import pytest

from tests.faults.conftest import lasting_report as lasting_report
from tests.faults.conftest import report as report  # the same fixtures, for these rigs
from tests.faults.rig import Victims, folder_in_memory
from tests.pipelines.published.shop import Shop
from tests.pipelines.published.small import database


@pytest.fixture(scope="session")
def publishers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victims]:
    folder = folder_in_memory() or tmp_path_factory.mktemp("publishers")
    server = Victims(folder, program="tests.pipelines.published.victim")
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def url(postgres) -> Iterator[str]:
    with database(postgres) as address:
        yield address


@pytest.fixture
def shop(tmp_path, url) -> Shop:
    return Shop(tmp_path, url)
