"""Records judged once more, by today's config and code; nothing is decided here about what is known."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import accumulate

import numpy as np
import pyarrow as pa

from pipelines.config.sources import Source
from pipelines.envelope import EVENT_SCHEMA
from pipelines.files.records import Block
from pipelines.judge import Judge
from pipelines.replay.raws import Whole

Key = tuple  # records of one block: of one source, received at one moment, under one csv header


@dataclass(slots=True)
class Verdict:
    """`events`: in order, each with an id, their index in the records as event_number; `reasons`: of the others, by index."""

    events: pa.Table = field(default_factory=EVENT_SCHEMA.empty_table)
    reasons: dict[int, str] = field(default_factory=dict)


def judge_again(sources: dict[str, Source], records: list[Whole]) -> Verdict:
    """Never raises for what a record says, like the judge himself."""
    verdict, tables = Verdict(), []
    for key, indexes in _groups(records).items():
        judged = Judge(sources[key[0]]).judge(_block(key, [records[index].raw for index in indexes]))
        places = judged.quarantine["quarantine_number"].to_pylist()
        reasons = zip(places, judged.quarantine["reason"].to_pylist(), strict=True)
        verdict.reasons |= {indexes[place]: reason for place, reason in reasons}
        tables.append(_placed(judged.events, indexes, records))
    if tables:
        events = pa.concat_tables(tables).combine_chunks()
        verdict.events = events.sort_by("event_number")
    return verdict


def _groups(records: list[Whole]) -> dict[Key, list[int]]:
    """Indexes of the records that make a block together."""
    groups: defaultdict[Key, list[int]] = defaultdict(list)
    for index, whole in enumerate(records):
        groups[whole.refused.source, whole.refused.received_at, whole.header].append(index)
    return groups


def _block(key: Key, raws: list[bytes]) -> Block:
    """Whole records of no file in particular; record numbers are places in the group."""
    source, received_at, header = key
    starts = tuple([0, *accumulate(len(raw) + 1 for raw in raws)][:-1])
    block = Block(source, "quarantine", b"".join(raw + b"\n" for raw in raws), 0, 1, 0, header, received_at)
    if header:
        return replace(block, starts=starts)
    if any(b"\n" in raw for raw in raws):  # elements of an array may span lines
        return replace(block, starts=starts, ends=tuple(map(sum, zip(starts, map(len, raws), strict=True))))
    return block


def _placed(events: pa.Table, indexes: list[int], records: list[Whole]) -> pa.Table:
    """With indexes for numbers, and the made id where the record has none: the same that a first ingest would make."""
    places = np.array(indexes, np.int64)[events["event_number"].to_numpy()]
    pairs = zip(places.tolist(), events["event_id"].to_pylist(), strict=True)
    ids = [records[index].refused.made_id if each is None else each for index, each in pairs]
    events = events.set_column(0, EVENT_SCHEMA.field("event_number"), pa.array(places, pa.int64()))
    place = EVENT_SCHEMA.get_field_index("event_id")
    return events.set_column(place, EVENT_SCHEMA.field(place), pa.array(ids, pa.string()))
