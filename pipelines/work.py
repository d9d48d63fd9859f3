"""The things that are done, once each, whoever asks: the command line, a Dagster run, or a sensor's tick."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from pipelines.files.inbox import Task, find_new, task_of
from pipelines.ingest.coordinator import Progress, ingest
from pipelines.ledger import Batch
from pipelines.models import Model
from pipelines.published import publish
from pipelines.refresh import Refreshed, refresh
from pipelines.warehouse import Warehouse

Watch = Callable[[Refreshed], None]


def _quiet(_done: int, _total: int) -> None:
    """No progress to show."""


def new_tasks(warehouse: Warehouse, source: str | None = None, settled: bool = True) -> list[Task]:
    """Files not read yet, of one source or of all. Errors: KeyError for a source that is not read."""
    sources = warehouse.config.read_sources
    chosen = sources if source is None else {source: sources[source]}
    return find_new(warehouse.settings.inbox_root, chosen, warehouse.ledger.known_files(), settled)


def tasks_of(warehouse: Warehouse, paths: Sequence[Path]) -> list[Task]:
    """Tasks for named files, whether they were read before or not; what lies in no source's folder is left out."""
    root, sources, known = warehouse.settings.inbox_root, warehouse.config.read_sources, warehouse.ledger.known_file
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


def tasks_of_days(
    warehouse: Warehouse, days: Sequence[date], source: str | None = None
) -> tuple[list[Task], list[Path]]:
    """What received days came from, to be read again from its start: what is known changes nothing.

    Returns (tasks, files that are gone by now).
    """
    states = {state.path: state for day in days for state in warehouse.ledger.files_of_received_date(day)}
    root = warehouse.settings.inbox_root
    paths = [root / path for path, state in sorted(states.items()) if source in (None, state.source)]
    tasks = tasks_of(warehouse, [path for path in paths if path.exists()])
    return [task.afresh() for task in tasks], [path for path in paths if not path.exists()]


def follows_at_once(model: Model, models: dict[str, Model]) -> bool:
    """Tables whose refresh costs what changed; what is rebuilt whole, and what reads that, follows every 15 minutes."""
    is_quick = model.header.by is not None or model.header.view
    return is_quick and all(follows_at_once(models[name], models) for name in model.inputs if name in models)


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
    return done


def follow(warehouse: Warehouse, watch: Watch) -> dict[str, Exception]:
    """Refreshes the tables that follow at once. One that breaks stops what reads it, and only that.

    Returns {table: what broke it}.
    """
    broken: dict[str, Exception] = {}
    stopped: set[str] = set()
    for model in warehouse.models.values():
        if stopped & set(model.inputs):
            stopped.add(model.name)
        elif follows_at_once(model, warehouse.models):
            try:
                watch(refresh(warehouse, model))
            except Exception as error:  # the caller reports it; the other tables go on
                broken[model.name] = error
                stopped.add(model.name)
    return broken


def run_all(warehouse: Warehouse, full: bool = False, watch: Watch | None = None) -> list[Refreshed]:
    """Every table, then the published copy."""
    done = refresh_tables(warehouse, full=full, watch=watch)
    publish(warehouse)
    return done
