"""Where records end, and the ids made from what lies before."""

import csv
import hashlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.files.records import Block, CsvSplitter, PrefixDigest, line_spans

SPLITTER = CsvSplitter(",", 50)


def split(data: bytes, splitter: CsvSplitter = SPLITTER) -> list[bytes]:
    found, at = [], 0
    while at < len(data):
        end = splitter.end(data, at, is_all=True)
        found.append(data[at:end])
        at = end
    return found


CSV = {
    "plain": b"a,b\n|c,d\n",
    "a line end in quotes": b'a,"b\nc",d\n|e,f,g\n',
    "doubled quotes": b'a,"b ""c""\n",d\r\n|e,f,g',
    "a quote that opens nothing": b'7" record,b\n|c,d\n',
    "a quote that never closes": b'a,"b\n|c,d\n|e,f\n',
    "rubbish behind a quote": b'a,"b"c\n|d,"e\nf"\n',
    "a record that grows too large": b'a,"' + b"x" * 30 + b"\n|" + b"y" * 30 + b'"\n|c,d\n',
    "empty columns": b',,""\n|\n|,\n',
    "no line end at the end": b'a,"b\nc"',
}


@pytest.mark.parametrize("case", CSV)
def test_csv_records(case):
    expected = CSV[case].split(b"|")
    assert split(CSV[case].replace(b"|", b"")) == [each for each in expected if each]


fields = st.text(st.sampled_from('ab",\n é'), max_size=6)


@given(st.lists(st.lists(fields, min_size=1, max_size=4), max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_what_a_csv_writer_wrote_is_split_into_its_rows(rows, line_end):
    text = io.StringIO()
    csv.writer(text, lineterminator=line_end).writerows(rows)
    found = split(text.getvalue().encode(), CsvSplitter(",", 1 << 20))
    assert [next(csv.reader([each.decode()])) for each in found] == rows


@settings(max_examples=200)
@given(st.text(st.sampled_from('ab",\r\n'), max_size=80).map(str.encode), st.integers(0, 80))
def test_a_csv_record_ends_where_it_ends_however_little_is_seen(data, seen):
    """Deciding on a part of the bytes is allowed only if all of them give the same."""
    early = SPLITTER.end(data[:seen], 0, is_all=False)
    assert early in (0, SPLITTER.end(data, 0, is_all=True))


@given(st.text(st.sampled_from("a \r\n"), max_size=40).map(str.encode), st.integers(0, 3))
def test_lines(data, lead):
    raws = data[lead:].split(b"\n")
    expected = [raw.removesuffix(b"\r") for raw in (raws if raws[-1] else raws[:-1])]
    assert [data[start:end] for start, end in line_spans(data, lead)] == expected


def block(data: bytes, offset: int, number: int, lead: int = 0) -> Block:
    return Block("web", "f", data, number, number, offset, None, 0, lead=lead)


def test_a_made_id_is_the_first_record_the_number_and_all_bytes_so_far():
    digest = PrefixDigest()
    first = digest.ids(block(b"\xef\xbb\xbf\none\ntwo\n", 0, 1, lead=3), [(2, 7), (3, 11)])
    second = digest.ids(block(b"three", 12, 4), [(4, 5)])
    head = hashlib.sha256(b"one").hexdigest()[:16]
    through = [hashlib.sha256(text).hexdigest()[:16] for text in (
        b"\xef\xbb\xbf\none", b"\xef\xbb\xbf\none\ntwo", b"\xef\xbb\xbf\none\ntwo\nthree",
    )]  # fmt: skip
    assert first + second == [f"{head}-000000000{n}-{text}" for n, text in zip((2, 3, 4), through, strict=True)]
    assert digest.offset == 17
    assert digest.hexdigest() == hashlib.sha256(b"\xef\xbb\xbf\none\ntwo\nthree").hexdigest()


def test_blocks_out_of_order_are_told():
    digest = PrefixDigest()
    with pytest.raises(ValueError, match="in order"):
        digest.ids(block(b"two\n", 4, 2), [(2, 3)])
