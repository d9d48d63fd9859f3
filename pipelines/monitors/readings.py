"""What one look measures of a monitor, in the words of the state machine: instance by instance, bad, good, or nothing new."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pipelines.config.conditions import Condition
from pipelines.config.monitors import Monitor
from pipelines.errors import TrailhouseError
from pipelines.ledger.alerts import Measure
from pipelines.monitors.conditions import Judged, Row, judge
from pipelines.monitors.states import ERROR, FIRING, NO_DATA, Verdict

Labels: TypeAlias = str  # JSON object, keys sorted
ALL: Labels = "{}"
TROUBLE: Labels = '{"trouble": "query"}'  # the instance that tells of no data and of errors
FAILED = Condition(above=0)  # of what Dagster says of itself
HISTORY = 24  # values that are kept for the spark line


class AskError(TrailhouseError):
    """A monitor's query cannot be asked; says why, and nothing of an address."""


class NotYet(AskError):
    """What a query reads was never built: there is nothing to look at yet."""


class NotSetUp(AskError):
    """It asks a database outside that nobody has set up: there is nothing to watch, and nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Reading:
    """row: what the query said of it."""

    labels: Labels
    verdict: Verdict
    value: float | None = None
    threshold: float | None = None
    history: tuple[float | None, ...] = ()
    row: Mapping[str, Any] = field(default_factory=dict)
    fires_as: str = FIRING
    reason: str = ""


def labels_of(names: Iterable[str], row: Mapping[str, Any]) -> Labels:
    return json.dumps(
        {name: None if row[name] is None else str(row[name]) for name in names}, sort_keys=True, ensure_ascii=False
    )


def read_rows(monitor: Monitor, rows: list[Row], known: Mapping[Labels, Measure | None]) -> list[Reading]:
    """known: the instances that are not at rest, or must be remembered, with what was last measured of them.

    Errors: AskError for rows without the columns that the monitor names.
    """
    found = _by_labels(monitor, rows)
    condition = monitor.condition or FAILED
    judged = {each: judge(condition, of, _value(known.get(each))) for each, of in found.items()}
    if not condition.absent and all(each.holds is None for each in judged.values()):
        return _no_data(monitor, known)
    readings = [_reading(monitor, each, of, found[each][-1], known.get(each)) for each, of in judged.items()]
    gone = [each for each in known if each not in found and each != TROUBLE]
    return [*readings, *(_of_no_row(monitor, each) for each in gone), Reading(TROUBLE, "good")]


def read_error(monitor: Monitor, error: str) -> list[Reading]:
    """Nothing is known of the instances: they stay as they are."""
    if monitor.error == "keep":
        return []
    return [Reading(TROUBLE, "bad", fires_as=ERROR, reason=error)]


def _no_data(monitor: Monitor, known: Mapping[Labels, Measure | None]) -> list[Reading]:
    if monitor.no_data == "tell":
        return [Reading(TROUBLE, "bad", fires_as=NO_DATA, reason="the query gives no number")]
    instances = [_of_no_row(monitor, each) for each in known if each != TROUBLE]
    return [*instances, Reading(TROUBLE, "good")]


def _of_no_row(monitor: Monitor, labels: Labels) -> Reading:
    if monitor.condition is not None and monitor.condition.absent:
        return Reading(labels, "bad", reason="there is no row of it")
    return Reading(labels, "keep" if monitor.no_data == "keep" else "good")


def _by_labels(monitor: Monitor, rows: list[Row]) -> dict[Labels, list[Row]]:
    """An unlabelled monitor that waits for absence has its one instance also without a row."""
    labels = monitor.what.told_apart_by
    needed = ("value", *labels, *(monitor.condition.columns if monitor.condition else ()))
    found: dict[Labels, list[Row]] = {}
    for row in rows:
        if missing := [name for name in needed if name not in row]:
            raise AskError(f"the query gives no column '{missing[0]}'; it has {', '.join(row)}")
        found.setdefault(labels_of(labels, row), []).append(row)
    if not found and not labels and monitor.condition and monitor.condition.absent:
        found[ALL] = [{"value": None}]
    return found


def _reading(monitor: Monitor, labels: Labels, judged: Judged, row: Row, before: Measure | None) -> Reading:
    verdict: Verdict = "bad" if judged.holds else "good"
    if judged.holds is None and monitor.no_data != "normal":
        verdict = "keep"
    history = judged.history or (*_history(before), judged.value)
    return Reading(labels, verdict, judged.value, judged.threshold, history[-HISTORY:], row)


def _history(before: Measure | None) -> tuple[float | None, ...]:
    return tuple(json.loads(before.history)) if before else ()


def _value(before: Measure | None) -> float | None:
    return before.value if before else None
