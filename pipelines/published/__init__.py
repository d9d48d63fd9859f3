"""The copy that others read: every public table in a file of its own, beside a catalog of views; by choice in PostgreSQL too.

Readers never meet the writer's lock, and a query over one table sees one complete generation. Types are those that every
reader knows: BIGINT, DOUBLE, VARCHAR, BOOLEAN, TIMESTAMP (UTC), DATE. Each file says of its rows which generation they are, up
to which ledger position they know and as of when; the view `published.tables` shows it. A table is written again only when
something it is made of changed, so its generation tells whether its rows did.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import closing

from pipelines.lake import write_durably
from pipelines.ledger import Ledger
from pipelines.ledger.alerts import Alerts
from pipelines.ledger.runs import Runs
from pipelines.models import Model
from pipelines.published.asking import QueryError, ask, used
from pipelines.published.files import CATALOG, SAID, SERVED, TABLES, remove_others, write_catalog
from pipelines.published.postgres import ServingError, serve
from pipelines.published.tables import position_of, publish_tables
from pipelines.settings import Settings
from pipelines.warehouse import House, Warehouse
from pipelines.writable import refuse_read_only

__all__ = [
    "CATALOG",
    "SAID",
    "SERVED",
    "TABLES",
    "QueryError",
    "ServingError",
    "ask",
    "is_up_to_date",
    "publish",
    "publish_tables",
    "serve_published",
    "used",
]

STATE = "state.json"


def publish(warehouse: Warehouse) -> dict[str, int]:
    """Writes the public tables that changed, and the catalog. Returns {table: rows} of all.

    Errors: NotWritable, OSError, duckdb.Error; the tables before the broken one are new, each of the others is the old one.
    ServingError; then PostgreSQL has what it had, and the next publish tries again.
    """
    folder = warehouse.settings.published_folder
    refuse_read_only(folder)
    seen, run = Alerts(warehouse.ledger).last_transition(), Runs(warehouse.ledger).newest_update()
    folder.mkdir(parents=True, exist_ok=True)
    models = {name: each for name, each in public(warehouse.models).items() if warehouse.state.table(name)}
    rows = publish_tables(warehouse, models)
    write_catalog(folder, models)
    remove_others(folder, models)
    warehouse.forget_changes()
    serve_published(warehouse)
    state = _state(_position(warehouse), seen, House(warehouse.config, warehouse.models))
    write_durably(folder / STATE, json.dumps(state | {"run": run}).encode())
    return rows


def serve_published(warehouse: Warehouse) -> None:
    """Brings PostgreSQL to what is published, where the setting names one. Errors: ServingError."""
    settings = warehouse.settings
    if settings.serving:
        serve(settings.serving, settings.published_folder, public(warehouse.models))


def public(models: Mapping[str, Model]) -> dict[str, Model]:
    return {name: model for name, model in models.items() if model.header.public}


def _position(warehouse: Warehouse) -> int:
    """What every public table has; others may be built later. The ledger may be further: a batch came, or a table is broken."""
    positions = (position_of(warehouse, model) for model in public(warehouse.models).values())
    return min(positions, default=warehouse.position)


def is_up_to_date(settings: Settings, house: House) -> bool:
    """Whether the published copy has all that the ledger has, by today's definitions. Takes no lock."""
    path = settings.published_folder / STATE
    if not path.exists():
        return False
    with closing(Ledger(settings.ledger_address)) as ledger:
        now = _state(ledger.last_batch(), Alerts(ledger).last_transition(), house)
        return now.items() <= json.loads(path.read_text()).items()  # a run is told by itself: see between.py


def _state(position: int, seen: int, house: House) -> dict:
    """seen: the last change that monitors saw, which comes without a batch."""
    tables = {model.name: [model.code_version, sorted(model.withheld)] for model in house.models.values()}
    config = {name: repr(rows.to_pylist()) for name, rows in house.config.tables().items()}
    said = json.dumps([tables, config], sort_keys=True)
    return {"ledger_position": position, "transition": seen, "definitions": hashlib.sha256(said.encode()).hexdigest()}
