"""The commands on deliveries as a person types them."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.deliveries import Outbox, deliver
from pipelines.ledger import Ledger
from pipelines.ledger.deliveries import Deliveries
from tests.pipelines.deliveries.threads import thread
from tests.shell import say

Said = Callable[..., str]


@pytest.fixture
def shell(environment: Path) -> Said:
    with closing(_ledger(environment)) as ledger:
        deliver(ledger, Outbox(environment / "data" / "outbox"), thread("ann"))
        deliveries = Deliveries(ledger)
        (row,) = deliveries.numbered([3])
        deliveries.move(row, state="failed", stopped=1, error="Slack refuses: not_in_channel")
    return say


def _ledger(folder: Path) -> Ledger:
    return Ledger(f"sqlite:///{folder / 'data' / 'ledger.sqlite'}")


def test_what_failed_is_listed_explained_and_let_through_again(shell: Said):
    said = shell("deliveries", "list", "--report", "daily", "--date", "2026-11-26")
    assert "outbox:C0123456789" in said and "person:web/user/ann" in said and "not_in_channel" in said
    assert "summary" not in shell("deliveries", "list", "--state", "failed")
    assert "mend what is wrong" in shell("deliveries", "show", "3")
    assert "1 of 3 units" in shell("deliveries", "retry", "--report", "daily")
    assert "next run tries it again" in shell("deliveries", "show", "3")


def test_what_is_forgotten_is_named_first_and_then_gone(shell: Said):
    said = shell("deliveries", "forget", "1", "2", "--yes")
    assert "summary/daily.pdf" in said and "forgotten: 2" in said
    assert "summary" not in shell("deliveries", "list")
    assert "forgotten: 0" in shell("deliveries", "forget", "--report", "weekly", "--yes")


def test_what_is_unknown_is_confirmed_by_a_person(shell: Said, environment: Path):
    with closing(_ledger(environment)) as ledger:
        deliveries = Deliveries(ledger)
        deliveries.move(deliveries.numbered([3])[0], state="unknown", stopped=0, error="no answer")
    assert "if you see it there: `confirm`" in shell("deliveries", "show", "3")
    assert "sent: 1 of 3 units" in shell("deliveries", "confirm", "--report", "daily")
    assert "sent: 0 of 1 units" in shell("deliveries", "confirm", "3")


def test_a_wrong_number_or_state_is_told_with_the_right_ones(shell: Said):
    assert "no delivery has the number 99" in shell("deliveries", "show", "99", code=2)
    assert "planned, sending, sent" in shell("deliveries", "list", "--state", "gone", code=2)
    assert "by their numbers" in shell("deliveries", "retry", code=2)


def test_nothing_is_forgotten_while_a_run_sends(shell: Said, environment: Path):
    with closing(_ledger(environment)) as ledger, Deliveries(ledger).alone("outbox:C0123456789"):
        assert "is writing; wait until it is done" in shell("deliveries", "forget", "1", "--yes", code=1)
