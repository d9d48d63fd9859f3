"""A house of its own for a test: the checkout's definitions, its own data and inbox."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path

from pipelines.models import Model
from pipelines.settings import Settings
from pipelines.warehouse import House, Warehouse, load_house

# they tell when records were read, which depends on the split into batches
OF_BATCHES = ("metrics.batches", "metrics.quarantine")


@cache
def checkout() -> House:
    """The checkout's config and tables, loaded once in a test process. It is nobody's to change."""
    return load_house(settings_in(Path()))


def settings_in(folder: Path, **changes) -> Settings:
    """Settings whose data/ and inbox/ lie in `folder`; nothing of the environment counts."""
    values = {
        "data": folder / "data",
        "inbox": folder,
        "ledger_url": None,
        "serving": None,
        "processes": 1,
        "threads": 1,
    } | changes
    return Settings(_env_file=None, **values)  # pyright: ignore[reportCallIssue]


def with_inputs(names: Collection[str], models: Mapping[str, Model]) -> dict[str, Model]:
    """These tables and all that they read, in the order of `models`: a refresh of few tables costs a part of one of all."""
    wanted, open_names = set(), set(names)
    while open_names:
        wanted |= open_names
        open_names = {name for each in open_names for name in models[each].inputs if name in models} - wanted
    return {name: model for name, model in models.items() if name in wanted}


def rows_of(warehouse: Warehouse, name: str, columns: Sequence[str] | str = "*") -> list[tuple]:
    """All rows of a table, ordered by all columns; of a view only where it reads stored tables."""
    listed = columns if isinstance(columns, str) else ", ".join(columns)
    warehouse.connection.execute("use warehouse")
    model = warehouse.models.get(name)
    rows = f"({model.text})" if model is not None and model.header.view else f"warehouse.{name}"
    return warehouse.connection.execute(f"select {listed} from {rows} order by all").fetchall()


def tables_of(warehouse: Warehouse) -> dict[str, list[tuple]]:
    """Every stored table, its numbers in the log replaced by what does not depend on the split into batches."""
    found = {}
    for model in warehouse.models.values():
        if not model.header.view and "batch" not in model.columns and model.name not in OF_BATCHES:
            columns = [
                name
                for name in model.columns
                if "event_number" not in name and name not in ("ledger_position", "as_of")
            ]
            found[model.name] = rows_of(warehouse, model.name, columns)
    return found
