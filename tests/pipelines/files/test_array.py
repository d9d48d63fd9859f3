"""JSON arrays: of any layout and block size the same elements, a doubt refuses what follows and nothing before it."""

import gzip
import hashlib
import json
import time
import tracemalloc
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.envelope import RAW_KEPT_BYTES, FileRefused
from pipelines.files import blocks, read_prefix
from pipelines.files.array_parse import parsed
from pipelines.files.array_scan import Doubt, ElementScan
from pipelines.files.records import PrefixDigest
from tests.pipelines.judge.records import WEB, events_of, judge_bytes, line, refused_of

ARRAY = WEB.model_copy(update={"name": "web", "format": "json"})
SMALL = ARRAY.model_copy(update={"limits": WEB.limits.model_copy(update={"max_event_bytes": 40})})
A, B, C = (line(event_id=name) for name in "abc")


def read(path: Path, source=SMALL, **options) -> tuple[list[tuple], str, int]:
    """((number, line, offset, size, sha256, reason) of every element, digest of what counts, bytes that count)"""
    found, digest = [], PrefixDigest()
    for block in blocks(path, source, 0, **options):
        large = block.oversize
        if large is not None:
            place = block.first_record, block.first_line, large.byte_offset
            found.append((*place, large.size, large.sha256, large.reason))
        else:
            for index, (start, end) in enumerate(block.spans()):
                raw = block.data[start:end]
                place = block.first_record + index, block.first_line + block.data.count(b"\n", 0, start)
                found.append((*place, block.byte_offset + start, len(raw), hashlib.sha256(raw).hexdigest(), ""))
        digest.ids(block, [])
    return _known_size(found), digest.hexdigest(), digest.offset


def _known_size(found: list[tuple]) -> list[tuple]:
    """An element over the limit is told by the reader or by the judge, as it was held whole or not."""
    return [(*each[:5], "" if each[5] == "size_violation" else each[5]) for each in found]


pieces = st.sampled_from(
    [
        b'{"a":1}',
        b"{}",
        b"[",
        b"]",
        b"{",
        b"}",
        b",",
        b",",
        b" ",
        b"\n",
        b'"',
        b"\\",
        b'"}{"',
        b"7",
        b"x" * 30,
        b"\xef\xbb\xbf",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(pieces, max_size=30).map(b"".join), st.integers(1, 60), st.booleans())
def test_blocks_of_any_size_give_the_same_elements(tmp_path_factory, text, block_bytes, is_packed):
    path, data = tmp_path_factory.mktemp("files") / "f", b"[" + text
    path.write_bytes(gzip.compress(data) if is_packed else data)
    whole = read(path)
    assert read(path, block_bytes=block_bytes) == whole
    assert read_prefix(path, SMALL, len(data)).hexdigest() == whole[1]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(['"', "\\", "}", "[", ",", "é"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(values, max_size=8), st.sampled_from([None, 0, 2]), st.integers(1, 100), st.booleans())
def test_elements_of_any_layout_are_those_of_json(tmp_path_factory, elements, indent, block_bytes, is_ascii):
    path = tmp_path_factory.mktemp("files") / "f"
    data = json.dumps(elements, indent=indent, ensure_ascii=is_ascii).encode()
    path.write_bytes(data)
    found = [
        block.data[start:end]
        for block in blocks(path, ARRAY, 0, block_bytes=block_bytes)
        for start, end in block.spans()
    ]
    assert [json.loads(each) for each in found] == elements


def scanned(held: bytes, at: int) -> list[tuple[int, int]]:
    """The slow way to the spans."""
    spans = []
    while True:
        at += len(held[at:]) - len(held[at:].lstrip())
        scan = ElementScan(at)
        try:
            if not scan.run(held):
                return spans
        except Doubt:
            return spans
        spans.append((at, at + len(held[at : scan.at].rstrip())))
        at = scan.at + 1


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(values.map(json.dumps), st.sampled_from(["{", '{"a":[{},{}', "{}}", '{"a', "NaN"])), max_size=6)
)
def test_what_parses_is_what_is_scanned(elements):
    held = ", ".join([*elements, "{}"]).encode()
    found = parsed(held, 0, 100)
    assert found == scanned(held, 0)[: len(found)]


# ---- what comes of it


def outcome(folder: Path, data: bytes, **options) -> tuple[list[str], list[tuple]]:
    """Accepted event ids; (reason, record, line, byte offset, raw) of what was refused."""
    judged = judge_bytes(folder, data, ARRAY, **options)
    refused = [
        (each["reason"], each["record"], each["line"], each["byte_offset"], each["raw"]) for each in refused_of(judged)
    ]
    assert sum(each.records for each in judged) == len(events_of(judged)) + len(refused)
    return [each["event_id"] for each in events_of(judged)], refused


FINE = {
    "one line": b"[" + A + b"," + B + b"]",
    "a line each": b"[\n" + A + b",\n" + B + b"\n]\n",
    "comma first": b"\n[ " + A + b"\r\n, " + B + b"\r\n]\r\n",
    "a mark and blanks of all kinds": b"\xef\xbb\xbf \t\r\n[\t" + A + b" \n,\r" + B + b"\t ] \r\n\t",
    "pretty": json.dumps([json.loads(A), json.loads(B)], indent=4).encode(),
}


@pytest.mark.parametrize("case", FINE)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_layouts(tmp_path, case, pack):
    for block_bytes in (1, 50, 1 << 20):
        assert outcome(tmp_path, pack(FINE[case]), block_bytes=block_bytes) == (["a", "b"], [])


@pytest.mark.parametrize("data", [b"[]", b" [ \n ] ", b"", b" \n", b"\xef\xbb\xbf[]", b"\xef\xbb\xbf"])
def test_nothing_in_it(tmp_path, data):
    assert outcome(tmp_path, data) == ([], [])


def wrong(*parts: bytes) -> bytes:
    return b"[" + b",".join(parts) + b"]"


AT = 1 + len(A) + 1  # where the element behind A begins
BAD_ELEMENTS = {
    "a trailing comma inside": (b'{"a":1,}', "not_json"),
    "NaN": (b'{"a":NaN}', "not_json"),
    "single quotes": (b"{'a':'b'}", "not_json"),
    "a comment": (B + b" // seen", "not_json"),
    "two objects": (B + C, "not_json"),
    "a bare word": (b"undefined", "not_json"),
    "nothing": (b"", "not_json"),
    "a control byte": (b'{"a":"\x01"}', "not_json"),
    "Latin-1": (b'{"a":"\xe9"}', "not_utf8"),
    "an array": (b"[1,2]", "not_object"),
    "a number": (b"7", "not_object"),
    "too deep": (b'{"a":' * 3000 + b"1" + b"}" * 3000, "too_deep"),
    "100,000 nested arrays": (b"[" * 100_000 + b"]" * 100_000, "too_deep"),
    "a key twice": (b'{"event_id":"x","event_id":"y"}', "duplicate_key"),
    "over 1 MB": (line(properties={"a": "x" * (1 << 20)}), "size_violation"),
}


@pytest.mark.parametrize("case", BAD_ELEMENTS)
def test_a_bad_element_is_refused_alone(tmp_path, case):
    raw, reason = BAD_ELEMENTS[case]
    for block_bytes in (1 << 10, 4 << 20):
        found = outcome(tmp_path, wrong(A, raw, C), block_bytes=block_bytes)
        assert found == (["a", "c"], [(reason, 2, 1, AT, raw[:RAW_KEPT_BYTES])])


DOUBTS = {
    "a string without its end": b'{"a":"x},\n' + B,
    "a line break in a string": b'{"a":"x\ny"},' + B,
    "brackets that do not match": b'{"a":[1},' + B,
    "a bracket too many": b'{"a":1}},' + B,
    "a backslash outside a string": b'{"a":\\"x\\"},' + B,
}


@pytest.mark.parametrize("case", DOUBTS)
def test_a_doubt_refuses_what_follows_once(tmp_path, case):
    data, rest = wrong(A, DOUBTS[case], C) + b"\n", DOUBTS[case] + b"," + C + b"]\n"
    for block_bytes in (7, 1 << 20):
        assert outcome(tmp_path, data, block_bytes=block_bytes) == (["a"], [("not_json", 2, 1, AT, rest)])


@pytest.mark.parametrize("rest", [b"[" + B + b"]", b"]", b"garbage", b"\x00", b"," + B + b"]", b"{}"])
def test_what_follows_the_end(tmp_path, rest):
    for block_bytes in (3, 1 << 20):
        found = outcome(tmp_path, wrong(A) + b"\n" + rest, block_bytes=block_bytes)
        assert found == (["a"], [("not_json", 2, 2, len(wrong(A)) + 1, rest)])


CUT = {
    "behind the bracket": (b"[", [], (1, 1, b"")),
    "behind an element": (b"[" + A + b" \n", ["a"], (2, AT - 1, b"")),
    "behind a comma": (b"[" + A + b",\n ", ["a"], (2, AT, b"")),
    "inside an element": (b"[" + A + b"," + B[:30], ["a"], (2, AT, B[:30])),
    "inside a string that ends in blanks": (b"[" + A + b',{"a":"x  ', ["a"], (2, AT, b'{"a":"x  ')),
    "inside a number": (b"[" + A + b",12 ", ["a"], (2, AT, b"12")),
}


@pytest.mark.parametrize("case", CUT)
@pytest.mark.parametrize("pack", [bytes, lambda data: gzip.compress(data, 0)[: 10 + 5 + len(data)]])
def test_an_array_that_is_cut(tmp_path, case, pack):
    data, accepted, (record, offset, raw) = CUT[case]
    for block_bytes in (5, 1 << 20):
        found = outcome(tmp_path, pack(data), block_bytes=block_bytes)
        assert found == (accepted, [("file_truncated", record, 1, offset, raw)])


OTHERS = {
    "an object": (A, "format: ndjson"),
    "lines of objects": (A + b"\n" + B, "format: ndjson"),
    "words": (b"event_id,event_name\n", "not with an array"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_what_is_no_array(tmp_path, case):
    data, words = OTHERS[case]
    with pytest.raises(FileRefused, match="file_unsupported") as refused:
        outcome(tmp_path, data)
    assert words in refused.value.detail


@pytest.mark.parametrize("case", FINE)
def test_an_array_in_a_source_of_lines_is_told_as_such(tmp_path, case):
    with pytest.raises(FileRefused, match="declare `format: json`"):
        judge_bytes(tmp_path, FINE[case], WEB)


def test_one_array_among_lines_does_not_condemn_its_file(tmp_path):
    judged = judge_bytes(tmp_path, b"[" + A + b"]\n" + B + b"\n[1]\n", WEB)
    assert [each["reason"] for each in refused_of(judged)] == ["not_object", "not_object"]
    assert len(events_of(judged)) == 1


def test_blanks_without_end_take_no_memory(tmp_path):
    limits = WEB.limits.model_copy(update={"max_ratio": 5000})
    source = ARRAY.model_copy(update={"limits": limits})
    for start, size in ((b"[", 8 << 20), (b"[" + A, 8 << 20), (b"[" + A + b"]", 8 << 20), (b"", 8 << 20)):
        (tmp_path / "f").write_bytes(gzip.compress(start + b" " * size, 1))
        tracemalloc.start()
        last = list(blocks(tmp_path / "f", source, 0, block_bytes=1 << 16))[-1]
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert last.oversize is not None and last.oversize.reason == "not_json" and peak < 12 << 20


def test_memory_does_not_grow_with_an_element(tmp_path):
    limits = WEB.limits.model_copy(update={"max_ratio": 5000})
    source = ARRAY.model_copy(update={"limits": limits})
    large = b'{"a":[' + b",".join(b'{"b":"%s"}' % (b"x" * 99_000) for _ in range(200)) + b"]}"
    (tmp_path / "f").write_bytes(gzip.compress(wrong(A, large, B), 1))
    tracemalloc.start()
    found = read(tmp_path / "f", source, block_bytes=1 << 16)[0]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [each[3:5] for each in found][1] == (len(large), hashlib.sha256(large).hexdigest())
    assert len(found) == 3 and peak < 12 << 20


def test_what_follows_an_array_that_ends_in_a_large_element(tmp_path):
    large, rest = line(properties={"a": "x" * (5 << 20)}), b" " + B + b",\n" + C + b",{}"
    for block_bytes in (1 << 16, 16 << 20):
        accepted, refused = outcome(tmp_path, wrong(A, large) + rest, block_bytes=block_bytes)
        assert accepted == ["a"]
        assert [(each[0], each[1]) for each in refused] == [("size_violation", 2), ("not_json", 3)]
        assert refused[1][4] == rest.strip()


def test_a_bad_element_does_not_make_a_file_slow(tmp_path):
    """Thirty seconds would be the speed of a loop over bytes; this takes one on a slow machine."""
    elements = [A] * 50_000
    elements[7] = b'{"a":NaN}'
    (tmp_path / "f").write_bytes(wrong(*elements))
    start = time.process_time()
    assert sum(len(block.starts or ()) for block in blocks(tmp_path / "f", ARRAY, 0)) == 50_000
    assert time.process_time() - start < 3
