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
from pipelines.models.follows import behind
from pipelines.moments import utc
from pipelines.published.asking import QueryError, ask, used
from pipelines.published.files import (
    CATALOG,
    SAID,
    SERVED,
    TABLES,
    Said,
    remove_others,
    served_columns,
    standing,
    write_catalog,
    write_table,
)
from pipelines.published.postgres import ServingError, serve
from pipelines.refresh.checks import count
from pipelines.settings import Settings
from pipelines.warehouse import House, Warehouse, is_cut_by_batch
from pipelines.warehouse.scope import stored
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
    serve_published(warehouse)
    state = _state(_position(warehouse), seen, House(warehouse.config, warehouse.models))
    write_durably(folder / STATE, json.dumps(state | {"run": run}).encode())
    return rows


def serve_published(warehouse: Warehouse) -> None:
    """Brings PostgreSQL to what is published, where the setting names one. Errors: ServingError."""
    settings = warehouse.settings
    if settings.serving:
        serve(settings.serving, settings.published_folder, settings.served_folder, public(warehouse.models))


def public(models: Mapping[str, Model]) -> dict[str, Model]:
    return {name: model for name, model in models.items() if model.header.public}


def publish_tables(warehouse: Warehouse, models: Mapping[str, Model]) -> dict[str, int]:
    """A file each, replaced whole where something changed. Returns {table: rows}. Errors: OSError, duckdb.Error."""
    before = standing(warehouse.settings.published_folder)
    generation = 1 + max((said.generation for said in before.values()), default=0)
    rows = {}
    for name, model in models.items():
        made_of = _made_of(warehouse, model)
        if (
            name in before
            and before[name].made_of == made_of
            and not _reads_what_no_batch_brings(model, warehouse.models)
        ):
            rows[name] = before[name].row_count
        else:
            rows[name] = _write_table(warehouse, model, generation, made_of)
    return rows


def _made_of(warehouse: Warehouse, model: Model) -> str:
    """Equal as long as its rows are: they are decided by the batches, the definitions, and what of them is shown."""
    state = warehouse.state.table(model.name)
    parts = state and [state.build, state.position, state.definition, state.inputs]
    said = json.dumps([warehouse.ledger.ledger_id, parts, served_columns(model)], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _reads_what_no_batch_brings(model: Model, models: Mapping[str, Model]) -> bool:
    """Of the ledger, as a view: what monitors saw, say. No position tells whether that changed."""
    read = behind(model.name, models)
    return any(name.startswith("ledger.") and not is_cut_by_batch(name) for name in read)


def _write_table(warehouse: Warehouse, model: Model, generation: int, made_of: str) -> int:
    position = _position_of(warehouse, model)
    relation = _shown(warehouse, model, position)
    row_count, as_of = count(warehouse.connection, relation), warehouse.ledger.as_of(position)
    moment = None if as_of is None else utc(as_of).replace(tzinfo=None)
    said = Said(model.name, generation, row_count, position, moment, model.code_version, made_of)
    columns = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in served_columns(model).items())
    query = f"select {columns} from {relation} order by {', '.join(model.header.grain)}"
    warehouse.connection.execute("set preserve_insertion_order = true")
    write_table(warehouse.connection, warehouse.settings.published_folder, query, said)
    return row_count


def _position(warehouse: Warehouse) -> int:
    """What every public table has; others may be built later. The ledger may be further: a batch came, or a table is broken."""
    positions = (_position_of(warehouse, model) for model in public(warehouse.models).values())
    return min(positions, default=warehouse.position)


def _position_of(warehouse: Warehouse, model: Model) -> int:
    state = warehouse.state.table(model.name)
    return state.position if state else 0


def _shown(warehouse: Warehouse, model: Model, position: int) -> str:
    """Where the rows are read. Nothing of a view is stored: its query is put over the tables as they stand."""
    if not model.header.view:
        return stored(model.name)
    warehouse.show((model.name,), upto=position)
    return model.name


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
