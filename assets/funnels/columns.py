"""Attempts, an array each, as rows of funnels.entries."""

from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.arrow import in_batches, numbers, taken

NONE = -1
DAY = 86_400_000_000
LAST_ZONE = 12 * 3_600_000_000  # so long after its end in UTC a date is over everywhere
MOMENT = pa.timestamp("us", "UTC")
FOUND = pa.schema(
    [
        ("funnel", pa.string()),
        ("person_id", pa.dictionary(pa.int32(), pa.string())),
        ("entered_at", MOMENT),
        ("entered_date", pa.date32()),
        ("entry_event_number", pa.int64()),
        ("entry_rank", pa.int32()),
        ("deepest_step", pa.int32()),
        ("reached_at", pa.list_(MOMENT)),
        ("event_numbers", pa.list_(pa.int64())),
        ("breakdown", pa.string()),
        ("hold", pa.string()),
        ("run_started_at", MOMENT),
        ("window_ends_at", MOMENT),
        ("open_until", MOMENT),
        ("closes_at", MOMENT),
    ]
)


def columns_of(funnel: dict[str, Any], events: pa.Table, at: np.ndarray, groups: np.ndarray, found: Any) -> pa.Table:
    """funnel: a row of config.funnels. events, at, groups: what the attempts' rows point into. found: kernels.funnels.Answer."""
    from pipelines.kernels.funnel_lists import deepest  # compiled: not where tables are only loaded

    entry, entered, number = pa.array(found.entry), at[found.entry], funnel["breakdown_step"]
    by_step = found.reached[:, number - 1] if number else np.full(len(entry), NONE)
    dates, window_ends = events["local_date"].take(entry), entered + funnel["window_us"]
    reached_at, event_numbers = _lists(found.reached, at, numbers(events["event_number"]))
    rows = pa.table(
        [
            pa.repeat(pa.scalar(funnel["funnel"]), len(entry)),
            events["person_id"].take(entry),
            _moments(entered),
            dates,
            events["event_number"].take(entry),
            pa.array(_ranks(groups[found.entry], entered)),
            pa.array(deepest(found.reached, [not step["is_optional"] for step in funnel["steps"]])),
            reached_at,
            event_numbers,
            taken(events["breakdown"], by_step),
            events["hold"].take(entry),
            _moments(at[found.first]),
            _moments(window_ends),
            _moments(found.ends),
            _moments(np.maximum(window_ends, _date_over(funnel, dates))),
        ],
        schema=FOUND,
    )
    return in_batches(rows)


def _moments(microseconds: np.ndarray) -> pa.Array:
    return pa.array(microseconds).cast(MOMENT)


def _date_over(funnel: dict[str, Any], dates: pa.ChunkedArray) -> np.ndarray | int:
    """Until then an event of the entry's date can come: where a run of them is one attempt, it can change it."""
    if (funnel["reentry"] or "latest") != "latest":
        return 0
    return dates.cast(pa.int32()).to_numpy().astype(np.int64) * DAY + DAY + LAST_ZONE


def _lists(reached: np.ndarray, at: np.ndarray, event_numbers: np.ndarray) -> list[pa.ListArray]:
    """Per attempt its steps up to the last one reached: moments, event numbers."""
    from pipelines.kernels.funnel_lists import lists

    offsets, *found, is_missing = lists(reached, at, event_numbers)
    moments, numbers = (pa.array(each, mask=is_missing) for each in found)
    return [pa.ListArray.from_arrays(offsets, each) for each in (moments.cast(MOMENT), numbers)]


def _ranks(groups: np.ndarray, entered: np.ndarray) -> np.ndarray:
    """Attempts come by group and in the order of their entries; of one moment, in the order of their ids."""
    places = np.arange(len(entered), dtype=np.int32)
    begins = np.ones(len(entered), bool)
    begins[1:] = (entered[1:] != entered[:-1]) | (groups[1:] != groups[:-1])
    return places - np.maximum.accumulate(np.where(begins, places, 0))
