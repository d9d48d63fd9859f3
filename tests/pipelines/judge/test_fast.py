"""The law of the fast path: what it accepts, the slow path accepts with the same row; and no record is judged otherwise."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.envelope import RecordRefused
from pipelines.files.records import Block
from pipelines.judge import Judge
from pipelines.judge.fast import Fast
from pipelines.judge.native import NativeRecords
from pipelines.judge.tables import event_table
from tests.pipelines.judge.records import BATCH_AT, WEB, event, line, with_text
from tests.pipelines.judge.spelled import spelled_records

JUDGE, FAST, SLOW = Judge(WEB), Fast(WEB), NativeRecords(WEB)


def block_of(data: bytes) -> Block:
    return Block("web", "input", data, 1, 1, 0, None, BATCH_AT)


def slowly(raw: bytes) -> dict | str:
    """The row of the slow path, or the reason."""
    try:
        return event_table(block_of(raw), [(0, SLOW.judge(raw, BATCH_AT))]).to_pylist()[0]
    except RecordRefused as refused:
        return refused.reason


def broken_law(raw: bytes, fast: Any = FAST) -> str | None:
    """What the fast path accepted and the slow path did not, or otherwise; None if they agree or it was left alone."""
    rows, expected = fast.read(block_of(raw + b"\n")).events.to_pylist(), slowly(raw)
    return f"{rows[0]} is not {expected}" if rows and rows[0] != expected else None


def judged(raw: bytes) -> dict | str:
    verdict = JUDGE.judge(block_of(raw + b"\n"))
    assert verdict.records == 1
    rows = verdict.events.to_pylist()
    return rows[0] if rows else verdict.quarantine["reason"][0].as_py()


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=2**62, max_value=2**66),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
odd_ids = st.sampled_from(
    ["null", " 'Undefined' ", "0", "", 0, True, 1.5, 2**63, -(2**63), 2**63 - 1, "a\0b", "u" * 257, None]
)
id_values = st.one_of(st.text(max_size=12), st.integers(), odd_ids)
kinds = st.sampled_from(["user", "anonymous", "other_user", "deployment_id", "project_id", "tenant"])
moments = st.one_of(
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "Z"),
    st.sampled_from(
        ["2026-03-01T12:00:00+01:00", "2026-02-30T12:00:00Z", "2026-03-01T11:59:60Z", "2026-03-01t12:00:00z"]
    ),
    st.from_regex(r"20(24|25|26)-[01]\d-[0-3]\d[T ][0-2]\d:[0-6]\d:[0-6]\d(\.\d{3,8})?Z?", fullmatch=True),
    scalars,
)
records = st.fixed_dictionaries(
    {},
    optional={
        "event_id": st.one_of(st.uuids().map(str), st.text(max_size=20), st.integers(), scalars),
        "event_name": st.one_of(st.sampled_from(["page_viewed", "x"]), st.text(max_size=20), scalars),
        "timestamp": moments,
        "sent_at": moments,
        "received_at": moments,
        "ids": st.one_of(st.dictionaries(kinds, id_values, max_size=4), scalars),
        "properties": st.one_of(st.dictionaries(st.text(max_size=8), values, max_size=4), values),
        "context": st.one_of(st.dictionaries(st.text(max_size=8), values, max_size=3), values),
        "extra": values,
        "": values,
    },
)
usual = st.builds(lambda changes: event(**changes), records.map(lambda record: dict(list(record.items())[:2])))
writers: list[Callable[[Any], str]] = [
    lambda record: json.dumps(record, separators=(",", ":"), ensure_ascii=False),
    lambda record: json.dumps(record, separators=(",", ":")),
    lambda record: json.dumps(record),
    lambda record: json.dumps(record, indent=1).replace("\n", "\t") + " ",
]
texts = st.builds(
    lambda record, write: write(record).encode(errors="replace"), records | usual, st.sampled_from(writers)
)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_any_record_is_judged_as_the_slow_path_judges_it(raw):
    assert judged(raw) == slowly(raw)


mutations = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 3), st.binary(min_size=1, max_size=3)), max_size=3
)


def mutate(raw: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    for place, kind, new in changes:
        at = int(place * len(raw))
        raw = raw[:at] + (b"", new, raw[at : at + 20], b"")[kind] + raw[at + (0, 0, 0, 1 + len(new))[kind] :]
    return raw.replace(b"\n", b" ").removesuffix(b"\r")


@settings(max_examples=150, deadline=None)
@given(usual.map(writers[0]), mutations)
def test_any_damaged_record_is_judged_as_the_slow_path_judges_it(text, changes):
    raw = mutate(text.encode(errors="replace"), changes)
    if raw.strip():
        assert judged(raw) == slowly(raw)


@settings(max_examples=600, deadline=None)
@given(spelled_records(), st.one_of(st.just([]), st.just([]), mutations))
def test_the_law_for_any_spelling(raw, changes):
    assert broken_law(mutate(raw, changes)) is None


def test_many_of_these_spellings_reach_the_fast_path():
    """The control: a law about lines that are all left alone would hold too."""
    taken = []

    @settings(max_examples=200, deadline=None, database=None)
    @given(spelled_records())
    def take(raw):
        taken.append(FAST.read(block_of(raw + b"\n")).events.num_rows)

    take()
    assert sum(taken) > len(taken) / 10


class Broken:
    """A fast path that changes what it says about a row."""

    def __init__(self, column: str, change: Callable[[Any], Any]) -> None:
        self._column, self._change = column, change

    def read(self, block: Block) -> Any:
        found = FAST.read(block)
        column = found.events[self._column]
        changed = pa.array([self._change(each) for each in column.to_pylist()], column.type)
        place = found.events.schema.get_field_index(self._column)
        return found._replace(events=found.events.set_column(place, found.events.schema.field(place), changed))


class Credulous:
    """A fast path that takes every line for a usual one."""

    def read(self, block: Block) -> Any:
        return FAST.read(block_of(line() + b"\n"))


@pytest.mark.parametrize(
    ("fast", "raw"),
    [
        (Broken("payload_hash", lambda each: each ^ 1), line()),
        (Broken("properties", str.upper), line()),
        (Broken("note", lambda each: ""), line()),
        (Broken("occurred_at", lambda each: each + timedelta(microseconds=1)), line()),
        (Credulous(), line(timestamp="now")),
        (Credulous(), line(properties={"path": "/doc"})),
    ],
)
def test_a_broken_fast_path_is_caught(fast, raw):
    assert broken_law(raw, fast) is not None
    assert broken_law(raw) is None


@settings(max_examples=15, deadline=None)
@given(st.lists(texts, max_size=30))
def test_a_block_is_judged_as_its_records(raws):
    block = block_of(b"".join(raw + b"\n" for raw in raws))
    FAST.read(block)  # an error in it would only be logged by the judge
    verdict = JUDGE.judge(block)
    found = {row["event_number"]: row for row in verdict.events.to_pylist()}
    found |= {row["record"]: row["reason"] for row in verdict.quarantine.to_pylist()}
    for number, raw in enumerate(raws, 1):
        alone = judged(raw)
        assert found.pop(number) == (alone if isinstance(alone, str) else alone | {"event_number": number})
    assert not found
    ids = [row.as_py() for row in verdict.events["event_id"]]
    assert [row for row, _ in verdict.missing] == [row for row, each in enumerate(ids) if each is None]


@pytest.mark.parametrize(
    "raw",
    [
        line(),
        line(event_id=..., context=..., properties=..., ids=...),
        line(sent_at="2026-03-01T12:00:00.123Z", received_at="2026-03-01T12:00:00.123456Z"),
        line(ids={"user": 42, "deployment_id": 7}),
        json.dumps(event()).encode(),
        json.dumps(event(), indent=2).replace("\n", " ").encode(),
        with_text("event_name", '"größer"').replace(b"/docs", b"\\u00fc\\ud83d\\ude00"),
        line(properties={"a": [[[]]] * 41}),
    ],
)
def test_usual_records_take_the_fast_path(raw):
    """The control: a law about a path that nothing takes would hold too."""
    found = FAST.read(block_of(raw + b"\n"))
    assert (found.events.num_rows, found.rest, len(found.spans)) == (1, [], 1)


@pytest.mark.parametrize("data", [b"", b"\n", b"{}", b"{\n\n", b"\r\n", line(timestamp="now") + b"\n"])
def test_blocks_without_a_usual_record(data):
    found = FAST.read(block_of(data))
    assert found.events.num_rows == 0 and found.rest == list(range(len(found.spans)))
    assert [found.spans[each] for each in range(len(found.spans))] == block_of(data).spans()


def test_a_key_given_twice_never_passes_whatever_the_spacing():
    for write in writers:
        raw = write(event()).strip()
        for key in ("event_id", "event_name", "timestamp", "ids", "properties", "context"):
            twice = raw[:-1] + f',"{key}":{json.dumps(event()[key])}}}'
            assert judged(twice.encode()) == "duplicate_key"
            escaped = twice.replace(f'"{key}"', f'"\\u{ord(key[0]):04x}{key[1:]}"', 1)
            assert judged(escaped.encode()) == "duplicate_key"
