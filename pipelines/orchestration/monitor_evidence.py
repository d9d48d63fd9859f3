"""What Dagster shows of a look at the monitors: state, last value, what fires; plotted over time."""

import json
from collections.abc import Iterator

import dagster as dg

from pipelines.config.monitors import Monitor
from pipelines.monitors.readings import Reading
from pipelines.monitors.states import NORMAL, PENDING, TOLD
from pipelines.monitors.tick import Tick
from pipelines.orchestration.evidence import as_evaluation
from pipelines.orchestration.preview import markdown

GROUP, QUIET = "monitors", "quiet"
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
    told = [each for (of, _), each in tick.instances.items() if of == name and each.is_told]
    values = [each.value for each in _readings(tick, name) if each.value is not None]
    changes = [each for each in tick.changes.transitions if each.monitor == name]
    rows = [(each.labels, each.state, each.value, each.threshold, each.reason) for each in changes]
    about = {"state": state_of(tick, name), "firing": len(told), "changes": len(changes)}
    about |= {"value": float(max(values))} if values else {}
    columns = ("labels", "state", "value", "threshold", "reason")
    return about | {"changed now": dg.MetadataValue.md(markdown(columns, rows[:50]))}


def state_of(tick: Tick, name: str) -> str:
    """The worst of its instances'."""
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
        description=", ".join(_said(each) for each in labels[:10]) or None,
        metadata={"firing": len(labels), "state": state_of(tick, name)},
    )


def _said(labels: str) -> str:
    return ", ".join(f"{name} {value}" for name, value in json.loads(labels).items()) or "fires"


def _readings(tick: Tick, name: str) -> list[Reading]:
    return [reading for (of, _), reading in tick.readings.items() if of == name]
