"""A small process that is killed: it reads the story's batches, refreshes and publishes. It imports no Dagster.

`python -m tests.faults.victim` serves: a line of JSON in (an `Order`), a line of JSON out (the process id of a fork that
carries it out). Python and the definitions are loaded once, so a kill costs what is killed and not two seconds of imports.
"""

import json
import os
import sys
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.config import load_config
from pipelines.models import load_models
from pipelines.published import publish
from pipelines.settings import Settings
from pipelines.warehouse import House, Warehouse, base_tables, open_warehouse
from pipelines.work import read, refresh_tables, tasks_of
from tests.faults import breaks, story
from tests.faults.picture import look
from tests.faults.steps import Steps, count_steps
from tests.houses import settings_in


@dataclass(slots=True)
class Order:
    """What one fork does. `batches`: those of the story to be read, if the ledger has not got them yet."""

    folder: str
    batches: tuple[int, ...] = ()
    refresh: bool = False
    publish: bool = False
    look: tuple[str, ...] = ()  # log, tables, published: what of the folder goes into the report, at the end
    die_at: int | None = None
    cut_power: bool = False
    every_statement: bool = False
    pause_at: str | None = None
    breaks: str | None = None
    wait_seconds: float = 0
    report: str = "report.json"


def serve() -> None:
    house = _house(settings_in(Path.cwd()))
    assert "dagster" not in sys.modules, "a victim must stay small"
    print("ready", flush=True)
    for line in sys.stdin:
        said = json.loads(line)
        answer = _wait(said["wait"]) if "wait" in said else _fork(Order(**said), house)
        print(json.dumps(answer), flush=True)


def _house(settings: Settings) -> House:
    config = load_config(settings.config_folder)
    return House(config, load_models(settings.home, base_tables(config)))


def _wait(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _fork(order: Order, house: House) -> int:
    if process := os.fork():
        return process
    code = 3
    try:
        sys.stdin.close()
        os.dup2(2, 1)  # the answers are the server's
        _obey(order, house)
        code = 0
    finally:
        os._exit(code)


def _obey(order: Order, house: House) -> None:
    folder = Path(order.folder)
    steps = Steps(folder, order.die_at, order.cut_power, order.pause_at)
    count_steps(steps, order.every_statement)
    if order.breaks:
        getattr(breaks, order.breaks)()
    try:
        report = _carry_out(order, house, folder, steps)
    except Exception as error:
        traceback.print_exc()
        report = {"error": f"{type(error).__name__}: {error}"}
    (folder / order.report).write_bytes(json.dumps(report).encode())


def _carry_out(order: Order, house: House, folder: Path, steps: Steps) -> dict:
    settings = settings_in(folder, threads=1)
    with open_warehouse(settings, house, order.wait_seconds) as warehouse:
        for batch in order.batches:
            _read(warehouse, folder, batch)
        if order.refresh:
            refresh_tables(warehouse)
        if order.publish:
            publish(warehouse)
        labels = list(steps.labels)
        return {"labels": labels} | asdict(look(warehouse, order.look))


def _read(warehouse: Warehouse, folder: Path, batch: int) -> None:
    """Unless the ledger has it. What is printed counts as acknowledged."""
    if warehouse.ledger.known_file(story.MARKS[batch]) is not None:
        return
    story.place(folder, batch)
    read(warehouse, tasks_of(warehouse, story.paths(folder, batch)), as_of=story.as_of(batch))
    with (folder / "acknowledged").open("a") as acknowledged:
        acknowledged.write(f"{batch}\n")


if __name__ == "__main__":
    serve()
