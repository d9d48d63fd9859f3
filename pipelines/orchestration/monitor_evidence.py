"""What Dagster shows of a look at the monitors: state, last value, what fires; plotted over time."""

import json
from collections.abc import Iterator

import dagster as dg

from pipelines.config.monitors import Monitor
from pipelines.moments import utc
from pipelines.monitors.readings import Reading
from pipelines.monitors.states import NORMAL, PENDING, TOLD
from pipelines.monitors.tick import Tick
from pipelines.orchestration.evidence import as_evaluation
from pipelines.orchestration.preview import markdown

GROUP, QUIET, NOT_SET_UP = "monitors", "quiet", "not set up"
MOST_ROWS = 50
EVERY = 900_000_000  # µs: what changes nothing is shown so often
WORST_FIRST = ("error", "no_data", "firing", PENDING)
SEVERITIES = {"critical": dg.AssetCheckSeverity.ERROR}


def key_of(name: str) -> dg.AssetKey:
    return dg.AssetKey([GROUP, name])


def shown(tick: Tick) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """Of the monitors that were looked at those of which something changed, and each every quarter of an hour."""
    moved = {each.monitor for each in tick.changes.transitions}
    for name in [name for name, look in tick.changes.looks.items() if look is not None]:
        before = tick.looks.get(name)
        if name in moved or before is None or before.looked_at // EVERY != tick.as_of // EVERY:
            yield dg.AssetMaterialization(key_of(name), metadata=figures(tick, name))
            yield as_evaluation(check_result(tick, name))


def figures(tick: Tick, name: str) -> dict:
    told = {labels: each for (of, labels), each in tick.instances.items() if of == name and each.is_told}
    changes = [each for each in tick.changes.transitions if each.monitor == name]
    about = {"state": state_of(tick, name), "firing": len(told), "changes": len(changes)} | _last_value(tick, name)
    fires = [(labels, each.state, utc(each.since), *_measured(tick, name, labels)) for labels, each in told.items()]
    changed = [(each.labels, each.state, each.value, each.threshold, each.reason) for each in changes]
    about |= _table("fires now", ("labels", "state", "since (UTC)", "value", "threshold"), fires)
    return about | _table("changed now", ("labels", "state", "value", "threshold", "reason"), changed)


def _table(title: str, columns: tuple[str, ...], rows: list[tuple]) -> dict[str, dg.MetadataValue]:
    """Nothing where there is no row."""
    return {title: dg.MetadataValue.md(markdown(columns, rows[:MOST_ROWS]))} if rows else {}


def _measured(tick: Tick, name: str, labels: str) -> tuple[float | None, float | None]:
    """(value, threshold) of this look, else of the last one that measured it."""
    found = tick.readings.get((name, labels)) or tick.measures.get((name, labels))
    return (found.value, found.threshold) if found else (None, None)


def _last_value(tick: Tick, name: str) -> dict[str, float]:
    """Of all that was measured the worst, and what it was held against; of a count, where nothing came, 0."""
    monitor: Monitor = tick.monitors[name]
    is_low = monitor.condition is not None and monitor.condition.below is not None
    found = [each for each in _readings(tick, name) if each.value is not None]
    if not found:
        return {"value": 0.0} if monitor.unit == "count" and name not in tick.not_set_up else {}
    worst = (min if is_low else max)(found, key=lambda each: each.value or 0.0)
    threshold = {} if worst.threshold is None else {"threshold": float(worst.threshold)}
    return {"value": float(worst.value or 0.0)} | threshold


def state_of(tick: Tick, name: str) -> str:
    """The worst of its instances'."""
    if name in tick.not_set_up:
        return NOT_SET_UP
    states = {each.state for (of, _), each in tick.instances.items() if of == name}
    return next((state for state in WORST_FIRST if state in states), NORMAL)


def check_result(tick: Tick, name: str) -> dg.AssetCheckResult:
    """Passed: nothing of it is told."""
    monitor: Monitor = tick.monitors[name]
    labels = [labels for (of, labels), each in tick.instances.items() if of == name and each.state in TOLD]
    return dg.AssetCheckResult(
        passed=not labels,
        check_name=QUIET,
        asset_key=key_of(name),
        severity=SEVERITIES.get(monitor.severity, dg.AssetCheckSeverity.WARN),
        description=tick.not_set_up.get(name) or ", ".join(_said(each) for each in labels[:10]) or None,
        metadata={"firing": len(labels), "state": state_of(tick, name)},
    )


def _said(labels: str) -> str:
    return ", ".join(f"{name} {value}" for name, value in json.loads(labels).items()) or "fires"


def _readings(tick: Tick, name: str) -> list[Reading]:
    return [reading for (of, _), reading in tick.readings.items() if of == name]
