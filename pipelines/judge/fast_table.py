"""Clean lines as an Arrow table: times, ids and ranges are checked column by column. What fails goes to the slow path."""

from itertools import compress

import numpy as np
import pyarrow as pa

from pipelines.config.sources import ID_KINDS, Source
from pipelines.envelope import EVENT_SCHEMA, MOMENT, OTHER_IDS, RecordRefused
from pipelines.files.records import Block
from pipelines.judge.envelope_rules import DAY, EnvelopeRules
from pipelines.judge.fast import Line, Lines
from pipelines.judge.text_columns import is_fine
from pipelines.judge.timestamp_columns import read_column


class FastTable:
    """Builds tables for one source."""

    def __init__(self, source: Source) -> None:
        self._source, self._rules = source, EnvelopeRules(source)
        self._known_kinds = frozenset((*ID_KINDS, *source.id_kinds))

    def build(self, block: Block, found: Lines) -> tuple[pa.Table, list[int]]:
        """(EVENT_SCHEMA rows in the order of the block, indexes of the lines that need a closer look)."""
        lines = found.lines
        times, is_good = self._times(block, lines)
        ids, are_good = self._ids(lines)
        names = [line.event_name for line in lines]
        is_good &= are_good & self._good_names(names)
        columns = {
            "event_number": np.array(found.rows, np.int64) + block.first_record,
            "source": pa.array([block.source]).take(pa.array(np.zeros(len(lines), np.int64))),
            "event_name": names,
            "raw_timestamp": [line.timestamp for line in lines],
            "properties": found.properties,
            "context": found.context,
            "note": pa.nulls(len(lines), pa.string()),
            "payload_hash": np.frombuffer(b"".join(found.payloads), np.uint64),
            **times,
            **ids,
        }
        arrays = [pa.array(columns[each.name], each.type) for each in EVENT_SCHEMA]
        table = pa.Table.from_arrays(arrays, schema=EVENT_SCHEMA)
        if is_good.all():
            return table, []
        return table.filter(pa.array(is_good)), list(compress(found.rows, ~is_good))

    def _good_names(self, names: list[str]) -> np.ndarray:
        bad = {name for name in set(names) if not self._is_good_name(name)}
        return np.array([name not in bad for name in names]) if bad else np.ones(len(names), bool)

    def _is_good_name(self, name: str) -> bool:
        try:
            return bool(self._rules.event_name(name))
        except RecordRefused:
            return False

    def _times(self, block: Block, lines: list[Line]) -> tuple[dict[str, pa.Array], np.ndarray]:
        occurred, is_good = read_column([line.timestamp for line in lines])
        sent, has_sent, sent_good = _optional([line.sent_at for line in lines])
        received, has_received, received_good = _optional([line.received_at for line in lines])
        occurred = occurred + np.where(has_sent & has_received, received - sent, 0)
        received = np.where(has_received, received, block.received_at)
        is_good &= sent_good & received_good & (np.minimum(occurred, received) >= self._rules.earliest)
        is_good &= occurred <= received + DAY
        times = {
            "occurred_at": pa.array(occurred).cast(MOMENT),
            "sent_at": pa.array(sent, mask=~has_sent).cast(MOMENT),
            "received_at": pa.array(received).cast(MOMENT),
        }
        return times, is_good

    def _ids(self, lines: list[Line]) -> tuple[dict[str, pa.Array], np.ndarray]:
        most = self._source.limits.max_id_chars
        said = [line.ids or {} for line in lines]
        kinds, is_good = set().union(*said), np.ones(len(said), bool)
        if not kinds <= self._known_kinds:
            is_good = np.array([self._known_kinds.issuperset(each) for each in said], bool)
        nothing = pa.nulls(len(said), pa.string())
        columns = {"event_id": pa.array([line.event_id for line in lines], pa.string())}
        for kind in ID_KINDS:
            columns[f"{kind}_id"] = _texts([ids.get(kind) for ids in said], is_good) if kind in kinds else nothing
        for column in columns.values():
            is_good &= is_fine(column, most)
        columns["other_ids"] = self._other_ids(said, kinds, is_good)
        return columns, is_good

    def _other_ids(self, said: list[dict], kinds: set[str], is_good: np.ndarray) -> pa.Array:
        """list<{kind, value}>, by kind."""
        rows: list[list[dict] | None] = [None] * len(said)
        for kind in sorted(kinds & set(self._source.id_kinds)):
            values = _texts([ids.get(kind) for ids in said], is_good)
            is_good &= is_fine(values, self._source.limits.max_id_chars)
            for row in np.flatnonzero(values.is_valid().to_numpy(zero_copy_only=False)).tolist():
                rows[row] = [*(rows[row] or []), {"kind": kind, "value": values[row].as_py()}]
        return pa.array(rows, OTHER_IDS)


def _optional(texts: list[str | None]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(microseconds, is there a value, is it absent or was it read)"""
    there = [text for text in texts if text is not None]
    if len(there) == len(texts):
        moments, is_read = read_column(there)
        return moments, np.ones(len(texts), bool), is_read
    is_there = np.fromiter((text is not None for text in texts), bool, len(texts))
    moments, is_fine = np.zeros(len(texts), np.int64), ~is_there
    moments[is_there], is_fine[is_there] = read_column(there)
    return moments, is_there, is_fine


def _texts(values: list[str | int | None], is_good: np.ndarray) -> pa.Array:
    """Ids as text; integers beyond 64 bits are marked as not good."""
    try:
        return pa.array(values, pa.string())
    except pa.ArrowTypeError:
        for row, value in enumerate(values):
            if isinstance(value, int) and not -(2**63) <= value < 2**63:
                is_good[row] = False
        return pa.array([None if value is None else str(value) for value in values], pa.string())
