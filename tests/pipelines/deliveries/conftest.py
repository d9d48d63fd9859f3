from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.deliveries import Outbox
from pipelines.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(f"sqlite:///{tmp_path / 'data' / 'ledger.sqlite'}")) as opened:
        yield opened


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "data" / "outbox")
