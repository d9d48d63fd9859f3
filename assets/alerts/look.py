"""One look at the monitors with the tables that they ask named, for whoever looks: a tick, a run, a command."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from types import MappingProxyType

from pydantic import SecretStr

from assets.alerts.asks import actions, position, steps
from pipelines.config.monitors import What
from pipelines.ledger import Ledger
from pipelines.ledger.alerts import Alerts
from pipelines.monitors.asking import Reader
from pipelines.monitors.conditions import Row
from pipelines.monitors.links import Links
from pipelines.monitors.messages import Voice
from pipelines.monitors.tick import Tick
from pipelines.monitors.work import Asking, look
from pipelines.settings import Settings
from pipelines.warehouse import House, Warehouse


def look_at(
    warehouse: Warehouse,
    as_of: int,
    by_batch: bool = False,
    names: Collection[str] | None = None,
    upto: int | None = None,
    reader: Reader | None = None,
    ask_dagster: Callable[[What], list[Row]] | None = None,
    databases: Mapping[str, SecretStr] = MappingProxyType({}),
) -> Tick:
    """Looks at what is due, or at these monitors. as_of: µs UTC. upto: batch up to which actions are seen; default: all.

    reader: of the same warehouse, where it was not written to since. databases: name -> SQLAlchemy URL, in the place of that of
    the settings. Errors: Busy while another process looks.
    """
    zone, settings = warehouse.config.house.report_timezone, warehouse.settings
    settings = settings.model_copy(update={"databases": {**settings.databases, **databases}})
    reads = reader or Reader(warehouse, zone)
    asking = Asking(settings, reads, actions, position(warehouse) if upto is None else upto, ask_dagster)
    voice = Voice(zone, Links.of(warehouse.settings), partial(steps, reads, zone))
    return look(Alerts(warehouse.ledger), warehouse.config.monitors, asking, voice, as_of, by_batch, names)


def look_outside(
    settings: Settings, house: House, ledger: Ledger, as_of: int, ask_dagster: Callable[[What], list[Row]]
) -> Tick:
    """While the warehouse is written to: only what needs nothing of it. Errors: Busy."""
    voice = Voice(house.config.house.report_timezone, Links.of(settings))
    asking = Asking(settings, None, actions, ask_dagster=ask_dagster)
    return look(Alerts(ledger), house.config.monitors, asking, voice, as_of)
