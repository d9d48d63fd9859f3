from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.ledger import Ledger
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
