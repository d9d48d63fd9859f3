"""A segment that cannot be restored: it is struck from the ledger, and what it held is read again from the inbox.

The last resort where there is no backup. Records keep their ids; events get new numbers and, where their source has no
collector, a new received_at, so the warehouse is built anew.
"""

from contextlib import suppress
from pathlib import Path

from pipelines.ingest.known_ids import MANIFEST
from pipelines.ledger import Batch
from pipelines.moments import now
from pipelines.settings import Settings
from pipelines.upkeep.scrub import Finding
from pipelines.warehouse import House, open_lake, open_warehouse
from pipelines.work import read, tasks_of_days


def strike(settings: Settings, house: House, findings: list[Finding]) -> Batch | None:
    """Strikes the damaged segments whose inbox files are all there, and reads their days again, as one batch.

    Returns the batch; None where there was nothing to strike. Killed in between, the days can be read again in Dagster.
    """
    paths = [each.path for each in findings if each.can_be_read_again]
    if not paths:
        return None
    with open_lake(settings) as ledger:
        _forget_caches(settings)
        struck = ledger.strike(paths, now())
        for path in paths:
            (settings.lake_folder / path).unlink(missing_ok=True)
    with open_warehouse(settings, house) as warehouse:
        tasks, _ = tasks_of_days(warehouse, sorted({each.received_date for each in struck}))
        return read(warehouse, tasks, kind="reingest")


def _forget_caches(settings: Settings) -> None:
    """They know of the struck rows; both are built again from what is left."""
    caches: list[Path] = [settings.data_folder / "index" / MANIFEST, settings.warehouse_path]
    for path in [*caches, settings.warehouse_path.with_name(settings.warehouse_path.name + ".wal")]:
        with suppress(FileNotFoundError):
            path.unlink()
