"""Between two publishes: what comes without a batch (changes that monitors saw, runs, refused files) is published by itself.

A table takes milliseconds where a run takes ten seconds; and a run that fails, so that nothing is published, is told too.
"""

import json
import logging

from pipelines.lake import write_durably
from pipelines.ledger.alerts import Alerts
from pipelines.ledger.runs import Runs
from pipelines.models import Model
from pipelines.models.follows import reads
from pipelines.published import STATE, ServingError, publish_tables, serve_published
from pipelines.warehouse import Warehouse, is_cut_by_batch


def publish_between(warehouse: Warehouse) -> dict[str, int]:
    """{table: rows} of what was written; nothing where nothing came, and before the first publish. Errors: OSError."""
    folder = warehouse.settings.published_folder
    path = folder / STATE
    if not path.exists():
        return {}
    before, ledger = json.loads(path.read_text()), warehouse.ledger
    seen = {"transition": Alerts(ledger).last_transition(), "run": Runs(ledger).newest_update()}
    if seen.items() <= before.items():
        return {}
    models = warehouse.models
    chosen = {name: each for name, each in models.items() if each.header.public and comes_without_batch(each, models)}
    rows = publish_tables(warehouse, {name: each for name, each in chosen.items() if warehouse.state.table(name)})
    try:
        serve_published(warehouse)
        write_durably(path, json.dumps(before | seen).encode())
    except ServingError as error:  # whoever looks on goes on looking
        logging.warning("%s; it is tried again with the next look", error)
    return rows


def comes_without_batch(model: Model, models: dict[str, Model]) -> bool:
    """It is made of what the ledger keeps besides batches, and of nothing else but config."""
    found = {name for name in reads(model, models) if not name.startswith("config.")}
    return all(name.startswith("ledger.") and not is_cut_by_batch(name) for name in found) and bool(found)
