import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.deliveries import File, Message, MessageError, Thread, blocks
from pipelines.deliveries.blocks import escape
from pipelines.deliveries.limits import MOST_TEXT, cut, fit, size, split
from tests.pipelines.deliveries.threads import CHANNEL, DAY

TEXTS = st.text(st.sampled_from("a&<> \n😀é"), max_size=300)


def fitted(*given: dict, text: str = "figures") -> Message:
    return fit(Thread("daily", DAY, CHANNEL, Message("summary", text, blocks=given))).parent


def test_what_fits_is_not_touched():
    given = (blocks.header("Daily"), blocks.fields([("New", "41")]), blocks.divider(), blocks.context("as of", "six"))
    assert fitted(*given).blocks == given


def test_a_long_text_is_split_at_its_lines_and_loses_nothing():
    lines = [f"line {number} with <some> words & more" for number in range(400)]
    pieces = [block["text"]["text"] for block in fitted(blocks.section("\n".join(lines))).blocks]
    assert len(pieces) > 5 and "\n".join(pieces).split("\n") == lines
    assert all(size(piece) <= MOST_TEXT for piece in pieces)


def test_more_blocks_than_a_message_holds_end_in_a_sentence_that_counts_them():
    found = fitted(*[blocks.section(str(number)) for number in range(70)]).blocks
    assert len(found) == 50 and found[48] == blocks.section("48")
    assert "21 more blocks are left out" in found[49]["elements"][0]["text"]


def test_blocks_that_are_too_long_together_end_in_the_same_sentence():
    found = fitted(*[blocks.section("x" * 3000) for _ in range(30)]).blocks
    assert len(found) == 14 and "17 more blocks" in found[-1]["elements"][0]["text"]


def test_eleven_fields_become_two_sections():
    found = fitted(blocks.fields([(str(number), "value") for number in range(8)])).blocks
    assert [len(block["fields"]) for block in found] == [10, 6]


@pytest.mark.parametrize(
    ("text", "limit"), [("x" * 50_000, 40_000), ("&" * 10_000, 40_000), ("😀" * 21_000, 40_000), ("x" * 151, 150)]
)
def test_a_cut_says_so(text: str, limit: int):
    found = cut(text, limit)
    assert size(found) <= limit and found.endswith(f"(cut: Slack takes {limit:,} characters here)")
    assert size(found) > limit - 20


def test_an_empty_text_is_a_dash_as_slack_refuses_it():
    assert fitted(blocks.section(""), blocks.header("")).blocks == (blocks.section("–"), blocks.header("–"))


@given(TEXTS, st.integers(10, 60))
def test_every_piece_of_any_text_fits_and_only_breaks_are_lost(text: str, limit: int):
    pieces = list(split(text, limit))
    assert all(0 < size(piece) <= limit for piece in pieces)
    kept = "".join(pieces).replace("\n", "").replace(" ", "")
    assert kept == text.replace("\n", "").replace(" ", "")


@given(TEXTS)
def test_an_escaped_text_has_no_mark_that_slack_would_follow(text: str):
    assert not set("<>") & set(escape(text))


def test_a_block_of_another_kind_is_refused_by_name():
    with pytest.raises(MessageError, match=r"message 'summary': a block of the type 'markdown' is not among header"):
        fitted({"type": "markdown", "text": "x"})


def test_what_no_channel_could_deliver_is_refused_when_it_is_made():
    with pytest.raises(MessageError, match=r"file 'a.pdf': it needs a name and at least one byte"):
        File("a.pdf", "A", b"")
    with pytest.raises(MessageError, match="needs a key and a text"):
        Message("summary", " \n")
    with pytest.raises(MessageError, match=r"file name 'a.pdf' is there twice"):
        Message("summary", "x", files=(File("a.pdf", "A", b"a"), File("a.pdf", "B", b"b")))
    with pytest.raises(MessageError, match="message key 'summary' is there twice"):
        Thread("daily", DAY, CHANNEL, Message("summary", "x"), (Message("summary", "y"),))
