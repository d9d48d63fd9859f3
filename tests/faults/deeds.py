"""What a victim does with its short life: reads batches of the story, refreshes, publishes, and says what it then sees."""

import json
import os
import signal
import traceback
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pipelines.ingest import coordinator as ingest
from pipelines.ingest.writers import Pool
from pipelines.ledger import Batch, Ledger
from pipelines.published import publish
from pipelines.replay import Wanted, replay
from pipelines.upkeep.compact import compact
from pipelines.warehouse import House, Warehouse, open_warehouse
from pipelines.work import read, refresh_tables, tasks_of
from tests.faults import breaks, story
from tests.faults.calls import calls_in, watch_calls
from tests.faults.clocks import use_clock
from tests.faults.picture import look
from tests.faults.steps import Failing, Steps, count_steps
from tests.houses import settings_in

EVERY_DAY = -2  # days before the newest as_of's: also those of tomorrow, where the clock of a batch went ahead


@dataclass(slots=True)
class Order:
    """What one fork does. `batches`: those of the story to be read, if the ledger has not got them yet."""

    folder: str
    batches: tuple[int, ...] = ()
    replay: bool = False  # after a fix: the shop's quantities may be any text
    compact: bool = False  # every received day, and what was replaced is removed at once
    refresh: bool = False
    publish: bool = False
    generations: int = 0  # how often the published tables are replaced by the next generation
    look: tuple[str, ...] = ()  # log, tables, published: what of the folder goes into the report, at the end
    die_at: int | None = None
    cut_power: bool = False
    fail_at: int | None = None  # the number of a step that raises
    fail_with: int = 0  # an errno: steps.Failing
    count_calls: bool = False  # system calls, where the victims were started for it (calls.py)
    fail_call: int = 0  # the number of the call that fails with `fail_with`
    leave_orphans: bool = False  # die when the children have all they need to write, and are held
    every_statement: bool = False
    real_disk: bool = False  # nothing of this process stands before the disk, and no step is counted
    pause_at: str | None = None
    breaks: str | None = None
    processes: int = 1
    clock: str | None = None  # of tests.faults.clocks; it then says every as_of too
    clock_seed: int = 0
    wait_seconds: float = 0
    report: str = "report.json"


def obey(order: Order, house: House) -> None:
    """Carries the order out, or dies of it. Errors end in the report."""
    folder = Path(order.folder)
    failing = None if order.fail_at is None else Failing(order.fail_at, order.fail_with)
    steps = Steps(folder, order.die_at, order.cut_power, order.pause_at, failing)
    if not order.real_disk:
        count_steps(steps, order.every_statement)
    if order.count_calls:
        watch_calls(folder, order.fail_call, order.fail_with)
    if order.breaks:
        getattr(breaks, order.breaks)()
    if order.clock:
        use_clock(order.clock, order.clock_seed)
    _write_down_what_is_acknowledged(folder)
    try:
        report = _carry_out(order, house, folder, steps)
    except Exception as error:
        traceback.print_exc()
        report = {"error": f"{type(error).__name__}: {error}"}
    (folder / order.report).write_bytes(json.dumps(report).encode())


def _carry_out(order: Order, house: House, folder: Path, steps: Steps) -> dict:
    if order.processes > 1:
        ingest.SMALL_BYTES = 0
        ingest.all_native = lambda tasks: False  # processes can be left behind, threads cannot
    if order.leave_orphans:
        _leave_orphans(folder)
    settings = settings_in(folder, threads=1, processes=order.processes)
    with open_warehouse(settings, house, order.wait_seconds) as warehouse:
        _work(order, warehouse, folder)
        done = {"labels": list(steps.labels), "calls": len(calls_in(folder)) if order.count_calls else 0}
        return done | asdict(look(warehouse, order.look))


def _work(order: Order, warehouse: Warehouse, folder: Path) -> None:
    for batch in order.batches:
        _read(warehouse, folder, batch, None if order.clock else story.as_of(batch))
    if order.replay:
        sources = story.fixed(warehouse.config.sources)
        replay(warehouse.settings, sources, warehouse.ledger, Wanted(), as_of=story.as_of(4))
        warehouse.read_ledger()
    if order.compact:
        compact(warehouse.settings.lake_folder, warehouse.ledger, after_days=EVERY_DAY, keep_hours=0)
    if order.refresh:
        refresh_tables(warehouse)
    if order.publish:
        publish(warehouse)
    for generation in range(order.generations):
        _next_generation(warehouse, generation)


def _read(warehouse: Warehouse, folder: Path, batch: int, as_of: int | None) -> None:
    """Unless the ledger has it."""
    if warehouse.ledger.known_file(story.MARKS[batch]) is not None:
        return
    story.place(folder, batch)
    read(warehouse, tasks_of(warehouse, story.paths(folder, batch)), as_of=as_of)


def _next_generation(warehouse: Warehouse, generation: int) -> None:
    """Every row of metrics.daily, and there are many, says of which generation it is."""
    rows, state = "warehouse.metrics.daily", warehouse.state.table("metrics.daily")
    assert state is not None
    if generation == 0:
        warehouse.connection.execute(
            f"create or replace table {rows} as select daily.* from {rows} as daily, range(3000)"
        )
    warehouse.connection.execute(f"update {rows} set new_person_count = {1000 + generation}")
    warehouse.state.save(replace(state, build=warehouse.state.next_build()))  # else nothing says that it changed
    publish(warehouse)


def _leave_orphans(folder: Path) -> None:
    """Holds the children, tells them to write, and dies; their numbers are in `orphans`."""

    def finish(self: Pool) -> list:
        children = [writer._child.pid for writer in self.writers]  # pyright: ignore[reportAttributeAccessIssue]
        for child, writer in zip(children, self.writers, strict=True):
            os.kill(child, signal.SIGSTOP)
            writer.end()
        (folder / "orphans").write_bytes(json.dumps(children).encode())
        os.kill(os.getpid(), signal.SIGKILL)
        return []

    breaks.put(Pool, "finish", finish)


def _write_down_what_is_acknowledged(folder: Path) -> None:
    """A batch counts from the moment that the ledger's commit has returned."""
    commit = Ledger.commit

    def committing(self: Ledger, batch: Batch) -> None:
        commit(self, batch)
        marks = [state.path for state in batch.states if state.path in story.MARKS.values()]
        with (folder / "acknowledged").open("a") as acknowledged:
            acknowledged.writelines(f"{mark}\n" for mark in marks)

    Ledger.commit = committing
