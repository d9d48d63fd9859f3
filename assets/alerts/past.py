"""The monitors over what came already: a look every few hours of some days, after a batch and at the time it was recorded with.

It asks the tables as they stand now for what was so then: a query of a monitor reads $as_of and no clock.
"""

from collections.abc import Iterator

from assets.alerts.look import look_at
from pipelines.ledger.alerts import Alerts, Changes, Look
from pipelines.monitors.asking import Reader
from pipelines.monitors.tick import definition_of, due
from pipelines.warehouse import Warehouse

HOUR = 3_600_000_000
DAY = 24 * HOUR
BETWEEN = 3 * HOUR  # at least, from look to look
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


def look_back(warehouse: Warehouse, looks: list[tuple[int, int]]) -> Iterator[int]:
    """Looks at each moment, as if the monitors had looked until the first; yields how many changes each saw."""
    alerts, all_of_them = Alerts(warehouse.ledger), warehouse.config.monitors
    monitors = {name: each for name, each in all_of_them.items() if each.what.query or each.what.action}
    monitors = {name: each for name, each in monitors.items() if each.what.database is None}
    if looks:
        first, as_of = looks[0]
        begun = {name: Look(name, definition_of(each), as_of - DAY, first - 1) for name, each in monitors.items()}
        alerts.commit(Changes(looks=dict(begun)))
    reader = Reader(warehouse, warehouse.config.house.report_timezone)
    for batch, as_of in looks:
        names = due(monitors, alerts.looks(), as_of, False)
        yield len(look_at(warehouse, as_of, names=names, upto=batch, reader=reader).changes.transitions)
