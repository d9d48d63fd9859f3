from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.ledger import Ledger
from tests.pipelines.monitors.outside import Outside


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(f"sqlite:///{tmp_path / 'data' / 'ledger.sqlite'}")) as opened:
        yield opened


@pytest.fixture
def outside(tmp_path: Path, ledger: Ledger) -> Outside:
    return Outside(tmp_path, ledger)
