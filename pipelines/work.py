"""The things that are done, once each, whoever asks: the command line, a Dagster run, or a sensor's tick."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pipelines.inbox import Task, find_new, task_of
from pipelines.ingest import Progress, ingest
from pipelines.ledger import Batch
from pipelines.models import Model
from pipelines.published import publish
from pipelines.refresh import Refreshed, refresh
from pipelines.warehouse import Warehouse

Watch = Callable[[Refreshed], None]


def _quiet(_done: int, _total: int) -> None:
    """No progress to show."""


def new_tasks(warehouse: Warehouse, source: str | None = None, settled: bool = True) -> list[Task]:
    """Files not read yet, of one source or of all. Errors: KeyError for a source that config/sources.yaml lacks."""
    sources = warehouse.config.sources
    chosen = sources if source is None else {source: sources[source]}
    return find_new(warehouse.settings.inbox_root, chosen, warehouse.ledger.known_files(), settled)


def tasks_of(warehouse: Warehouse, paths: Sequence[Path]) -> list[Task]:
    """Tasks for named files, whether they were read before or not; what lies in no source's folder is left out."""
    root, sources, known = warehouse.settings.inbox_root, warehouse.config.sources, warehouse.ledger.known_file
    found = [task_of(path, root, sources, known) for path in paths]
    return [task for task in found if task is not None]


def read(
    warehouse: Warehouse,
    tasks: Sequence[Task],
    as_of: int | None = None,
    kind: str = "ingest",
    on_progress: Progress = _quiet,
) -> Batch:
    """Ingests files as one batch; afterwards the warehouse sees the new ledger position."""
    batch = ingest(warehouse.settings, warehouse.config.sources, warehouse.ledger, tasks, as_of, kind, on_progress)
    warehouse.read_ledger()
    return batch


def reingest(warehouse: Warehouse, received_date: date) -> Batch:
    """Reads again, from their start, the files that a received day came from: what is known changes nothing."""
    states = warehouse.ledger.files_of_received_date(received_date)
    root = warehouse.settings.inbox_root
    tasks = tasks_of(warehouse, [root / state.path for state in states if (root / state.path).exists()])
    return read(warehouse, [task.afresh() for task in tasks], kind="reingest")


@dataclass(slots=True)
class Outcome:
    """What one tick did."""

    batch: Batch
    refreshed: list[Refreshed] = field(default_factory=list)


def follows_at_once(model: Model) -> bool:
    """Tables whose refresh costs what changed; the others are rebuilt whole, every 15 minutes."""
    return model.header.by is not None or model.header.view


def refresh_tables(
    warehouse: Warehouse,
    wanted: Callable[[Model], bool] = lambda model: True,
    full: bool = False,
    watch: Watch | None = None,
) -> list[Refreshed]:
    """Refreshes the wanted tables in order. Errors: ChecksFailed, duckdb.Error; the tables before the broken one stand."""
    done = []
    for model in warehouse.models.values():
        if wanted(model):
            done.append(refresh(warehouse, model, full))
            if watch:
                watch(done[-1])
    warehouse.forget_touched()
    return done


def tick(warehouse: Warehouse, tasks: Sequence[Task]) -> Outcome:
    """A small batch, and the tables that follow at once."""
    batch = read(warehouse, tasks)
    return Outcome(batch, refresh_tables(warehouse, follows_at_once))


def run_all(warehouse: Warehouse, full: bool = False, watch: Watch | None = None) -> list[Refreshed]:
    """Every table, then the published copy."""
    done = refresh_tables(warehouse, full=full, watch=watch)
    publish(warehouse)
    return done
