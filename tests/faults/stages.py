"""Where the stories begin and how they end: folders that uninterrupted victims left, copied for every point of a rig."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

from tests.faults.deeds import Order
from tests.faults.picture import Picture
from tests.faults.rig import Victims, picture_in

Name: TypeAlias = Literal[
    "first ingest", "next ingest", "refresh", "publish", "compact", "compact and refresh", "replay", "everything"
]

ORDERS: dict[Name, Order] = {
    "first ingest": Order("", batches=(1,), look=("log",)),
    "next ingest": Order("", batches=(2,), look=("log",)),
    "refresh": Order("", refresh=True, look=("tables",)),
    "publish": Order("", publish=True, look=("published",)),
    "compact": Order("", compact=True, look=("log",)),
    "compact and refresh": Order("", compact=True, refresh=True, look=("log", "tables")),
    "replay": Order("", replay=True, look=("log",)),
    "everything": Order("", batches=(2, 3), refresh=True, publish=True, look=("log", "tables", "published")),
}


class Stages:
    """Folders are made when they are first asked for."""

    def __init__(self, victims: Victims) -> None:
        self.victims = victims

    def start(self, name: Name) -> Path | None:
        if name == "first ingest":
            return None
        if name == "publish":
            return self.refreshed
        return self.standing if name in ("next ingest", "everything") else self.read

    def expected(self, name: Name) -> Picture:
        """What the stage must come to, in a folder that nobody disturbed; tables are built from nothing there."""
        if name not in self._expected:
            whole = replace(ORDERS[name], batches={"first ingest": (1,), "next ingest": (1, 2)}.get(name, (1, 2, 3)))
            whole = replace(
                whole,
                compact=False,
                refresh="tables" in whole.look or "published" in whole.look,
                publish="published" in whole.look,
            )
            self._expected[name] = picture_in(self._play(None, whole))
        return self._expected[name]

    @cached_property
    def _expected(self) -> dict[Name, Picture]:
        return {}

    @cached_property
    def standing(self) -> Path:
        """The first batch is read, refreshed and published."""
        return self._kept(None, Order("", batches=(1,), refresh=True, publish=True))

    @cached_property
    def read(self) -> Path:
        """All batches are read; the tables stand at the first."""
        return self._kept(self.standing, Order("", batches=(2, 3)))

    @cached_property
    def refreshed(self) -> Path:
        """The tables stand at the last batch; what is published at the first."""
        return self._kept(self.read, Order("", refresh=True))

    def _kept(self, start: Path | None, order: Order) -> Path:
        self._play(start, order)
        return self.victims.keep()

    def _play(self, start: Path | None, order: Order) -> dict:
        report = self.victims.run(replace(order, folder=self.victims.restore(start)))
        assert "error" not in report, report
        return report
