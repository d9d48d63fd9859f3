"""The disk refuses one call of DuckDB, SQLite or whoever writes (EIO): the run says so, and the next one completes."""

import errno
import random
import re
from dataclasses import replace

import pytest

from pipelines.cli import DISK_WORDS
from tests.faults.calls import calls_in
from tests.faults.figures import Figures, assert_noticed
from tests.faults.kills import Kills, of_every_kind
from tests.faults.stages import Name, Stages
from tests.needs import needs_compiler

pytestmark = [pytest.mark.xdist_group("victims-a"), needs_compiler]

# What fails here costs nothing: the index is read from the segments again, and a new ledger that could not change over to a
# write-ahead log commits by its journal
MAY_BE_SILENT = re.compile(r"\w+ (index(/.*)?|ledger\.sqlite(-journal)?)")


class FailingCalls(Kills):
    """`figures.seed` decides which calls fail: one of every kind (name and file), and a share of all others.

    All but those of MAY_BE_SILENT must be told, as long as there is work. Once that is committed and synced, SQLite and DuckDB
    close: they move what their write-ahead logs hold, and say nothing where they cannot. The logs then stay, and it is the next
    run, which must come to the same rows, that shows that they hold all.
    """

    def at_calls(self, figures: Figures, file: str = "", share: float = 0) -> None:
        self._order = replace(self._order, real_disk=True, count_calls=True, fail_with=errno.EIO)
        with figures.timed():
            self._closes_after = self._uninterrupted()["calls"]
            calls = calls_in(self._victims.place)
            for number in of_every_kind(calls, share, random.Random(figures.seed)):
                if calls[number - 1].split()[1].startswith(file):
                    self._failing_call(figures, number, calls[number - 1])
                if self._breaks and figures.harm:
                    return

    def _failing_call(self, figures: Figures, number: int, call: str) -> None:
        self._may_be_silent = number > self._closes_after or MAY_BE_SILENT.fullmatch(call) is not None
        order = replace(self._order, folder=self._victims.restore(self._start))
        failing = replace(order, fail_call=number, look=())
        self._look_after_the_failure(figures, f"call {number}, {call}", order, failing)

    def _is_told(self, report: dict) -> bool:
        """In words that the command line takes for the disk's."""
        said = report.get("error", "")
        return any(words in said for words in (*DISK_WORDS, "[Errno 5]")) or (self._may_be_silent and not said)


@pytest.mark.parametrize(("stage", "file"), [("next ingest", "ledger.sqlite"), ("refresh", "warehouse.duckdb")])
def test_a_failing_call_of_every_kind_is_told(stages: Stages, report, stage: Name, file: str):
    figures = Figures(f"failing calls of {stage} on {file}", seed=20261128)
    FailingCalls(stages, stage).at_calls(figures, file)
    assert figures.points > 3, "the library that counts calls is not in the victims"
    report(figures)


def test_a_batch_that_was_not_committed_is_noticed(stages):
    figures = Figures("control acknowledge_what_was_not_committed", seed=20261128)
    FailingCalls(stages, "next ingest", "acknowledge_what_was_not_committed").at_calls(figures, "ledger.sqlite-wal")
    assert_noticed(figures)
