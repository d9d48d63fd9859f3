"""Attempts, an array each, as the rows that funnels.attempts is made of: one per step reached."""

from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.arrow import taken

NONE = -1
FOUND = pa.schema(
    [
        ("funnel", pa.string()),
        ("funnel_version", pa.int64()),
        ("window_us", pa.int64()),
        ("is_run", pa.bool_()),
        ("trait", pa.string()),
        ("person_id", pa.string()),
        ("hold", pa.string()),
        ("entered_us", pa.int64()),
        ("entered_date", pa.date32()),
        ("entry_event_number", pa.int64()),
        ("entry_event_id", pa.string()),
        ("run_us", pa.int64()),
        ("open_us", pa.int64()),
        ("deepest_step", pa.int64()),
        ("breakdown", pa.string()),
        ("step_number", pa.int64()),
        ("step_name", pa.string()),
        ("reached_us", pa.int64()),
        ("previous_us", pa.int64()),
        ("event_number", pa.int64()),
        ("event_id", pa.string()),
        ("source", pa.string()),
    ]
)


def columns_of(funnel: dict[str, Any], events: pa.Table, at: np.ndarray, found: Any) -> pa.Table:
    """funnel: a row of config.funnels. events, at: what the attempts' rows point into. found: kernels.funnels.Answer."""
    attempt, step = np.nonzero(found.reached != NONE)
    columns = _of_attempts(funnel, events, at, found)
    columns = {name: column.take(pa.array(attempt)) for name, column in columns.items()}
    event = found.reached[attempt, step]
    previous, is_first = _previous(funnel, at, found.reached)
    columns |= {name: events[name].take(pa.array(event)) for name in ("event_number", "event_id", "source")}
    columns |= {
        "step_number": pa.array(step + 1),
        "step_name": pa.array(_names(funnel)).take(pa.array(step)),
        "reached_us": pa.array(at[event]),
        "previous_us": pa.array(previous[attempt, step], mask=is_first[attempt, step]),
    }
    same = {"funnel": funnel["funnel"], "funnel_version": funnel["version"], "window_us": funnel["window_us"]}
    same |= {"is_run": (funnel["reentry"] or "latest") == "latest", "trait": funnel["breakdown_trait"]}
    columns |= {name: pa.repeat(pa.scalar(value, FOUND.field(name).type), len(step)) for name, value in same.items()}
    return pa.table({name: columns[name] for name in FOUND.names}).cast(FOUND)


def _of_attempts(funnel: dict[str, Any], events: pa.Table, at: np.ndarray, found: Any) -> dict[str, Any]:
    entry, number = pa.array(found.entry), funnel["breakdown_step"]
    by_step = found.reached[:, number - 1] if number else np.full(len(found.entry), NONE)
    return {
        "person_id": events["person_id"].take(entry),
        "hold": events["hold"].take(entry),
        "entered_us": pa.array(at[found.entry]),
        "entered_date": events["local_date"].take(entry),
        "entry_event_number": events["event_number"].take(entry),
        "entry_event_id": events["event_id"].take(entry),
        "run_us": pa.array(at[found.first]),
        "open_us": pa.array(found.ends),
        "deepest_step": pa.array(_deepest(funnel, found.reached)),
        "breakdown": taken(events["breakdown"], by_step),
    }


def _required(funnel: dict[str, Any]) -> list[int]:
    return [place for place, step in enumerate(funnel["steps"]) if not step["is_optional"]]


def _names(funnel: dict[str, Any]) -> list[str]:
    """In any order a step is not one of the names: it is how many of them were reached."""
    count = len(funnel["steps"])
    if funnel["mode"] == "any_order":
        return [f"{number} of {count}" for number in range(1, count + 1)]
    return [step["name"] for step in funnel["steps"]]


def _deepest(funnel: dict[str, Any], reached: np.ndarray) -> np.ndarray:
    deepest = np.ones(len(reached), np.int64)
    for place in _required(funnel):
        deepest = np.where(reached[:, place] != NONE, place + 1, deepest)
    return deepest


def _previous(funnel: dict[str, Any], at: np.ndarray, reached: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per attempt and step: when the required step before it was reached, and whether there is none."""
    previous, before = np.zeros(reached.shape, np.int64), np.full(len(reached), NONE)
    is_first = np.ones(reached.shape, bool)
    for place in range(reached.shape[1]):
        previous[:, place], is_first[:, place] = at[before], before == NONE
        if place in _required(funnel):
            before = np.where(reached[:, place] != NONE, reached[:, place], before)
    return previous, is_first
