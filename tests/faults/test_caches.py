"""Whatever can be rebuilt may be deleted, cut, or swapped at any time: the warehouse, and the index of known ids."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.deeds import Order
from tests.faults.figures import Figures, assert_noticed
from tests.faults.rig import picture_in
from tests.faults.stages import Stages

pytestmark = pytest.mark.xdist_group("victims-b")

WAREHOUSE, WAL = "data/warehouse.duckdb", "data/warehouse.duckdb.wal"


def delete(path: Path) -> None:
    path.unlink()


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def fill_with_garbage(path: Path) -> None:
    path.write_bytes(b"no such thing " * 1000)


Damage = Callable[[Path], None]
DAMAGES: list[Damage] = [delete, halve, empty, fill_with_garbage]


def name_of(value: object) -> str:
    return getattr(value, "__name__", str(value))


def refreshed_again(stages: Stages, figures: Figures, where: str, breaks: str | None = None) -> None:
    """The next refresh must come to what a build from nothing comes to."""
    order = Order(str(stages.victims.place), refresh=True, look=("tables",), breaks=breaks)
    report = stages.victims.run(order)
    figures.points += 1
    if "error" in report:
        figures.tear(where, [report["error"]])
    else:
        figures.compare(where, stages.expected("refresh"), picture_in(report))


@pytest.mark.parametrize("damage", DAMAGES, ids=name_of)
def test_a_warehouse_is_rebuilt_equal(stages, report, damage):
    figures = Figures(f"warehouse: {damage.__name__}")
    with figures.timed():
        stages.victims.restore(stages.refreshed)
        damage(stages.victims.place / WAREHOUSE)
        refreshed_again(stages, figures, damage.__name__)
    report(figures)


def killed_in_a_refresh(stages: Stages) -> Path:
    """A place where the warehouse has a write-ahead log. Returns the log's path."""
    victims = stages.victims
    order = Order(victims.restore(stages.read), refresh=True, die_at=10)
    assert victims.kill(order)
    wal = victims.place / WAL
    assert wal.stat().st_size, "the victim died too early"
    return wal


def test_a_damaged_write_ahead_log_costs_no_row(stages, report):
    figures = Figures("write-ahead log deleted, cut, empty, garbage")
    with figures.timed():
        for damage in DAMAGES:
            damage(killed_in_a_refresh(stages))
            refreshed_again(stages, figures, damage.__name__)
        stages.victims.restore(stages.refreshed)
        fill_with_garbage(stages.victims.place / WAL)
        refreshed_again(stages, figures, "garbage beside a sound file")
    report(figures)


def of_another_ledger(stages: Stages, breaks: str | None = None) -> Figures:
    """A warehouse that was built in another folder, from other batches under the same numbers."""
    figures, victims = Figures("warehouse of another ledger"), stages.victims
    with figures.timed():
        other = Order(victims.restore(None), batches=(3,), refresh=True)
        victims.run(other)
        kept = victims.keep()
        victims.restore(stages.refreshed)
        shutil.copyfile(kept / WAREHOUSE, victims.place / WAREHOUSE)
        refreshed_again(stages, figures, "another's", breaks)
    return figures


def test_a_warehouse_of_another_ledger_is_rebuilt(stages, report):
    report(of_another_ledger(stages))


def test_a_warehouse_that_is_trusted_blindly_is_noticed(stages):
    figures = of_another_ledger(stages, breaks="trust_any_warehouse")
    assert_noticed(figures)


def index_of_another(stages: Stages) -> None:
    kept = stages.victims.keep()
    stages.victims.run(Order(stages.victims.restore(None), batches=(3,)))
    other = stages.victims.keep()
    stages.victims.restore(kept)
    shutil.rmtree(stages.victims.place / "data/index")
    shutil.copytree(other / "data/index", stages.victims.place / "data/index")


def read_on(stages: Stages, figures: Figures, where: str, breaks: str | None = None) -> None:
    """The second batch brings events of the first again; none of them may be taken twice."""
    order = Order(str(stages.victims.place), batches=(2,), look=("log",), breaks=breaks)
    report = stages.victims.run(order)
    figures.points += 1
    if "error" in report:
        figures.tear(where, [report["error"]])
    else:
        figures.compare(where, stages.expected("next ingest"), picture_in(report))


def damaged_index(stages: Stages, figures: Figures, breaks: str | None = None) -> None:
    for damage in DAMAGES:
        for pattern in ("manifest.json", "*.npy"):
            stages.victims.restore(stages.standing)
            for path in (stages.victims.place / "data/index").glob(pattern):
                damage(path)
            read_on(stages, figures, f"{damage.__name__} {pattern}", breaks)


def test_a_damaged_index_lets_no_duplicate_pass(stages, report):
    figures = Figures("index deleted, cut, empty, garbage, another's")
    with figures.timed():
        damaged_index(stages, figures)
        stages.victims.restore(stages.standing)
        index_of_another(stages)
        read_on(stages, figures, "another's")
    report(figures)


def test_an_index_that_is_trusted_blindly_is_noticed(stages):
    figures = Figures("control trust_any_index")
    damaged_index(stages, figures, breaks="trust_any_index")
    assert_noticed(figures)
