import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.ledger import Ledger
from tests.faults.conftest import lasting_report as lasting_report
from tests.faults.conftest import report as report  # the same fixtures, for these rigs
from tests.faults.rig import Victims, folder_in_memory
from tests.slack.program import Program


@pytest.fixture(scope="session")
def program() -> Iterator[Program]:
    started = Program()
    yield started
    started.stop()


@pytest.fixture
def slack(program: Program) -> Program:
    program.control(reset=True)
    return program


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(f"sqlite:///{tmp_path / 'data' / 'ledger.sqlite'}")) as opened:
        yield opened


@pytest.fixture(scope="session")
def senders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victims]:
    folder = folder_in_memory() or tmp_path_factory.mktemp("senders")
    server = Victims(folder, program="tests.slack.victim")
    yield server
    server.stop()
    shutil.rmtree(folder)
