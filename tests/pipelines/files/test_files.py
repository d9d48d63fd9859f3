"""Files as blocks: of any size the same records, of any packing the same bytes, and grown files go on where they ended."""

import gzip
import tracemalloc
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.envelope import FileRefused
from pipelines.files import blocks, inspect, read_prefix
from pipelines.files.records import PrefixDigest
from tests.pipelines.judge.records import SHOP, WEB, line

SMALL = WEB.model_copy(update={"limits": WEB.limits.model_copy(update={"max_event_bytes": 40})})
TABLE = SHOP.model_copy(update={"limits": SHOP.limits.model_copy(update={"max_event_bytes": 60})})
HEADER = b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\r\n"


def read(path: Path, source=SMALL, **options) -> tuple[list[tuple], str]:
    """((number, line, offset, size, bytes) of every record, sha256 of all bytes)"""
    records, digest = [], PrefixDigest()
    for block in blocks(path, source, 0, **options):
        for index, (start, end) in enumerate(block.spans()):
            offset, raw = block.byte_offset + start, block.data[start:end]
            if block.oversize is not None:
                offset, raw = block.oversize.byte_offset, block.oversize.head
            line_number = block.first_line + block.data.count(b"\n", block.lead, start)
            records.append((block.first_record + index, line_number, offset, raw))
        digest.ids(block, [])
    return records, digest.hexdigest()


texts = st.lists(
    st.sampled_from([b"a", b"bb\n", b"\n", b"\r\n", b'"', b",", b"x" * 45, b"\xef\xbb\xbf", b"\r"]), max_size=25
).map(b"".join)


@settings(max_examples=120, deadline=None)
@given(texts, st.integers(1, 70), st.booleans(), st.booleans())
def test_blocks_of_any_size_give_the_same_records(tmp_path_factory, text, block_bytes, is_csv, is_packed):
    path, source = tmp_path_factory.mktemp("files") / "f", TABLE if is_csv else SMALL
    data = HEADER + text if is_csv else text
    path.write_bytes(gzip.compress(data) if is_packed else data)
    large = (
        source.model_copy(update={"limits": source.limits.model_copy(update={"max_event_bytes": 85})})
        if is_csv
        else source
    )
    whole = read(path, large)
    assert read(path, large, block_bytes=block_bytes) == whole
    assert read_prefix(path, large, len(data)).hexdigest() == whole[1]


def test_blocks_count_what_they_pass(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"\xef\xbb\xbfa\r\n\nbb\nccc")
    records, _ = read(path, block_bytes=2)
    assert records == [(1, 1, 3, b"a"), (2, 2, 6, b""), (3, 3, 7, b"bb"), (4, 4, 10, b"ccc")]


def test_csv_counts_records_and_physical_lines(tmp_path):
    path = tmp_path / "f"
    row = b'1,a,"two\nlines",1,2010-12-01 08:26:00,1.0,,UK\r\n'
    path.write_bytes(b"\xef\xbb\xbf" + HEADER + row + row)
    for block_bytes in (10, 1 << 20):
        records, _ = read(path, SHOP, block_bytes=block_bytes)
        assert [(number, first_line) for number, first_line, *_ in records] == [(1, 2), (2, 4)]
        assert [raw for *_, raw in records] == [row[:-2], row[:-2]]
    (block,) = blocks(path, SHOP, 0)
    assert block.header == tuple(HEADER.decode().strip().split(","))
    assert block.is_last and not block.truncated


@settings(max_examples=120, deadline=None)
@given(st.lists(st.sampled_from([b"a", b"bb", b"", b"ccc"]), min_size=1, max_size=8), st.data())
def test_a_file_that_grew_goes_on_where_it_ended(tmp_path_factory, lines, data):
    path, whole = tmp_path_factory.mktemp("files") / "f", b"\n".join(lines)
    cut, block_bytes = data.draw(st.integers(0, len(whole))), data.draw(st.integers(1, 20))
    path.write_bytes(whole)
    all_records, all_bytes = read(path)
    rest, digest = [], read_prefix(path, SMALL, cut)
    assert digest.offset == cut
    for block in blocks(path, SMALL, 0, skip=cut, block_bytes=block_bytes):
        for index, (start, end) in enumerate(block.spans()):
            rest.append((block.first_record + index, block.data[start:end]))
        digest.ids(block, [])
    assert digest.hexdigest() == all_bytes
    was_read = len(whole[:cut].split(b"\n")) - (whole[:cut].endswith(b"\n") or not cut)
    is_inside = cut < len(whole) and cut > 0 and whole[cut - 1 : cut + 1].count(b"\n") == 0
    expected = [(number, raw) for number, _, _, raw in all_records if number > was_read - is_inside]
    assert rest == expected


def test_a_grown_file_gives_the_ids_that_it_would_have_given_at_once(tmp_path):
    path = tmp_path / "f"
    data = b"".join(line(event_id=...) + b"\r\n" for _ in range(9))
    path.write_bytes(data)
    at_once = [made for block in blocks(path, WEB, 0) for made in _made(PrefixDigest(), block)]
    for cut in range(0, len(data), 97):
        digest, made = read_prefix(path, WEB, cut), []
        for block in blocks(path, WEB, 0, skip=cut, block_bytes=300):
            made += _made(digest, block)
        assert made and made == at_once[-len(made) :]


def _made(digest: PrefixDigest, block) -> list[str]:
    ends = [(block.first_record + index, end) for index, (_, end) in enumerate(block.spans())]
    return digest.ids(block, ends)


def test_bytes_decide_the_digest_not_the_packing(tmp_path):
    data = b"".join(line(event_id=f"e-{n}") + b"\n" for n in range(200))
    packings = [
        data,
        gzip.compress(data),
        gzip.compress(data[:999]) + gzip.compress(data[999:]),
        gzip.compress(data) + bytes(512),
        zstandard.compress(data),
        zstandard.compress(data[:999]) + zstandard.compress(data[999:]),
    ]
    found = set()
    for packed in packings:
        path = tmp_path / "f"
        path.write_bytes(packed)
        inspect(path, WEB)
        records, digest = read(path, WEB, block_bytes=1000)
        found.add((tuple(records), digest))
    assert len(found) == 1


def test_nothing_is_handed_out_before_a_checksum_holds(tmp_path):
    path = tmp_path / "f"
    packed = bytearray(gzip.compress(b"".join(line(event_id=f"e-{n}") + b"\n" for n in range(5000))))
    packed[-5] ^= 1
    path.write_bytes(bytes(packed))
    with pytest.raises(FileRefused, match="file_corrupt"):
        next(iter(blocks(path, WEB, 0, block_bytes=1000)))


CSV_HEADERS = {
    "a column is missing": (HEADER.replace(b"CustomerID", b"CustomerId"), "did you mean 'CustomerId'?"),
    "a column twice": (HEADER.replace(b"Country", b"Quantity"), "'Quantity' twice"),
    "a column without a name": (HEADER.replace(b"Country", b""), "without a name"),
    "an open quote": (b'"' + HEADER, "no csv header"),
    "a blank line": (b"\n" + HEADER, "no csv header"),
}


@pytest.mark.parametrize("case", CSV_HEADERS)
def test_a_header_that_would_lose_a_column_is_refused(tmp_path, case):
    header, words = CSV_HEADERS[case]
    (tmp_path / "f").write_bytes(header + b"1,a,b,1,2010-12-01 08:26:00,1.0,,UK\n")
    with pytest.raises(FileRefused) as refused:
        inspect(tmp_path / "f", SHOP)
    assert refused.value.reason == "file_unsupported" and words in refused.value.detail


def test_memory_does_not_grow_with_a_line(tmp_path):
    path = tmp_path / "f"
    with gzip.GzipFile(path, "wb", compresslevel=1) as file:
        for n in range(40):
            file.write(bytes([97 + n % 20]) * 500_000 + b"%d" % n**20)
    source = WEB.model_copy(update={"limits": WEB.limits.model_copy(update={"max_ratio": 5000})})
    tracemalloc.start()
    last = None
    for last in blocks(path, source, 0, block_bytes=1 << 16):
        assert len(last.data) <= 2 << 20
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert last is not None and last.oversize is not None and last.oversize.size > 20_000_000
    assert peak < 12 << 20
