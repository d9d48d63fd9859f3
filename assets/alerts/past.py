"""The monitors over what came already: a look every few hours of some days, after a batch and at the time it was recorded with.

It asks the tables as they stand now for what was so then: a query of a monitor reads $as_of and no clock. A database outside
knows only now; whoever can tell what it held then gives it back for each look.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from pydantic import SecretStr

from assets.alerts.look import look_at
from pipelines.config.monitors import What
from pipelines.ledger.alerts import Alerts, Changes, Look
from pipelines.monitors.asking import Reader
from pipelines.monitors.tick import definition_of, due
from pipelines.warehouse import Warehouse

HOUR = 3_600_000_000
DAY = 24 * HOUR
BETWEEN = 3 * HOUR  # at least, from look to look
Then = Callable[[int], SecretStr]  # µs UTC -> SQLAlchemy URL of a database as it was then
AFTERWARDS = 2  # more looks, in which what ended with the last batch is told to be over


def moments(warehouse: Warehouse, days: int) -> list[tuple[int, int]]:
    """(batch, as_of in µs UTC) of each look; none where monitors have looked before."""
    if Alerts(warehouse.ledger).looks() or not warehouse.position:
        return []
    last = warehouse.ledger.as_of(warehouse.position) or 0
    chosen: list[tuple[int, int]] = []
    for batch, as_of in warehouse.ledger.moments(last - days * DAY):
        if not chosen or as_of - chosen[-1][1] >= BETWEEN or as_of == last:
            chosen.append((batch, as_of))
    return [*chosen, *((warehouse.position, last + more * BETWEEN) for more in range(1, AFTERWARDS + 1))]


def look_back(
    warehouse: Warehouse, looks: list[tuple[int, int]], then: Mapping[str, Then] = MappingProxyType({})
) -> Iterator[int]:
    """Looks at each moment, as if the monitors had looked until the first; yields how many changes each saw.

    then: name of a database -> what gives it back; monitors of others, and of Dagster, have no past.
    """
    alerts, all_of_them = Alerts(warehouse.ledger), warehouse.config.monitors
    monitors = {name: each for name, each in all_of_them.items() if _has_past(each.what, then)}
    if looks:
        first, as_of = looks[0]
        begun = {name: Look(name, definition_of(each), as_of - DAY, first - 1) for name, each in monitors.items()}
        alerts.commit(Changes(looks=dict(begun)))
    reader = Reader(warehouse, warehouse.config.house.report_timezone)
    for batch, as_of in looks:
        names = due(monitors, alerts.looks(), as_of, False)
        databases = {name: give(as_of) for name, give in then.items()}
        tick = look_at(warehouse, as_of, names=names, upto=batch, reader=reader, databases=databases)
        yield len(tick.changes.transitions)


def _has_past(what: What, then: Mapping[str, Then]) -> bool:
    if what.database is not None:
        return what.database in then
    return what.query is not None or what.action is not None
