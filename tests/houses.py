"""A house of its own for a test: the checkout's definitions, its own data and inbox."""

from collections.abc import Sequence
from pathlib import Path

from pipelines.settings import Settings
from pipelines.warehouse import Warehouse


def settings_in(folder: Path, **changes) -> Settings:
    """Settings whose data/ and inbox/ lie in `folder`; nothing of the environment counts."""
    values = {"data": folder / "data", "inbox": folder, "ledger_url": None, "processes": 1} | changes
    return Settings(_env_file=None, **values)  # pyright: ignore[reportCallIssue]


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
        if not model.header.view and "batch" not in model.columns:
            columns = [
                name
                for name in model.columns
                if "event_number" not in name and name not in ("ledger_position", "as_of")
            ]
            found[model.name] = rows_of(warehouse, model.name, columns)
    return found
