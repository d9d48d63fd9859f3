"""A small process that is killed. It imports no Dagster.

`python -m tests.faults.victim` serves: a line of JSON in (an `Order`), a line of JSON out (the process id of a fork that
obeys it). Python and the definitions are loaded once, so a kill costs what is killed and not two seconds of imports.
"""

import gc
import importlib
import sys
from pathlib import Path

from pipelines.config import load_config
from pipelines.ledger import Ledger
from pipelines.models import load_models
from pipelines.settings import Settings
from pipelines.warehouse import House, base_tables
from tests.faults.deeds import Order, obey
from tests.faults.orders import serve_orders
from tests.houses import settings_in, with_inputs

TABLES = ("journeys.sessions", "metrics.daily")  # and what they read: by batch, by person, rebuilt whole, views


def serve() -> None:
    house = _house(settings_in(Path.cwd()))
    _warm_up()
    assert "dagster" not in sys.modules, "a victim must stay small"
    gc.freeze()  # else a fork that collects its garbage copies all that was loaded
    serve_orders(lambda said: obey(Order(**said), house))


def _house(settings: Settings) -> House:
    """The real tables, but no more than a kind each: what a kill costs must not grow with the checkout."""
    config = load_config(settings.config_folder)
    return House(config, with_inputs(TABLES, load_models(settings.home, base_tables(config))))


def _warm_up() -> None:
    """What every fork would else do for itself before its first step: import what is imported late."""
    late = ("_strptime", "mmap", "numpy.ma", "pyarrow.acero", "pyarrow.dataset", "sqlalchemy.dialects.sqlite")
    for name in (*late, "pipelines.judge.fast"):  # the last one's compiled loops cost half of a small ingest
        importlib.import_module(name)
    sys.modules.setdefault("pandas", None)  # type: ignore[arg-type]  # DuckDB looks for it at every statement: 30 ms a refresh
    Ledger("sqlite://").close()


if __name__ == "__main__":
    serve()
