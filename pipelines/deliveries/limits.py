"""What Slack takes, enforced before anything is sent: too long is split where that keeps all, else cut, and says so.

Source: Slack's reference of blocks and chat.postMessage. Sizes are of the escaped text, in UTF-16 units: the largest way to
count, as the reference does not say which is meant.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipelines.deliveries.blocks import context, escape, texts_of
from pipelines.deliveries.messages import Message, MessageError, Thread

MOST_BLOCKS, MOST_MESSAGE = 50, 40_000
MOST_TEXT, MOST_HEADER, MOST_FIELD = 3_000, 150, 2_000
MOST_FIELDS, MOST_ELEMENTS = 10, 10
EMPTY = "–"  # Slack refuses a text without a character


def size(text: str) -> int:
    return len(escape(text).encode("utf-16-le", "surrogatepass")) // 2


def fit(thread: Thread) -> Thread:
    """The thread as every channel can take it. Errors: MessageError for a block that is not of our subset."""
    return replace(thread, parent=_fit(thread.parent), replies=tuple(map(_fit, thread.replies)))


def _fit(message: Message) -> Message:
    blocks = [piece for block in message.blocks for piece in _fit_block(message.key, block)]
    return replace(message, text=cut(message.text, MOST_MESSAGE), blocks=tuple(_first(blocks)))


def _first(blocks: Sequence[dict]) -> list[dict]:
    """As many as one message takes; the last then says how many are missing."""
    kept, total = 0, 0
    for block in blocks:
        total += sum(size(each["text"]) for each in texts_of(block))
        if kept == MOST_BLOCKS or total > MOST_MESSAGE:
            break
        kept += 1
    if kept == len(blocks):
        return list(blocks)
    kept = min(kept, MOST_BLOCKS - 1)
    return [*blocks[:kept], context(f"{len(blocks) - kept} more blocks are left out: one message cannot hold them.")]


def _fit_block(key: str, block: dict) -> Iterator[dict]:
    kind = block.get("type")
    if kind == "divider":
        yield {"type": kind}
    elif kind == "header":
        yield {"type": kind, "text": _cut(block["text"], MOST_HEADER)}
    elif kind == "section":
        yield from ({"type": kind, "text": each} for each in _pieces(block.get("text")))
        yield from (
            {"type": kind, "fields": each} for each in _groups(block.get("fields", ()), MOST_FIELDS, MOST_FIELD)
        )
    elif kind == "context":
        yield from ({"type": kind, "elements": each} for each in _groups(block["elements"], MOST_ELEMENTS, MOST_TEXT))
    else:
        what = f"message '{key}': a block of the type '{kind}' is not among header, section, context, divider"
        raise MessageError(f"{what}; make it with pipelines.deliveries.blocks")


def _groups(texts: Sequence[dict], count: int, limit: int) -> Iterator[list[dict]]:
    for start in range(0, len(texts), count):
        yield [_cut(each, limit) for each in texts[start : start + count]]


def _pieces(text: dict | None) -> Iterator[dict]:
    if text is not None:
        yield from (text | {"text": piece} for piece in split(text["text"] or EMPTY, MOST_TEXT))


def _cut(text: dict, limit: int) -> dict:
    return text | {"text": cut(text["text"] or EMPTY, limit)}


def cut(text: str, limit: int) -> str:
    if size(text) <= limit:
        return text
    said = f" … (cut: Slack takes {limit:,} characters here)"
    return text[: _longest(text, limit - len(said))] + said


def split(text: str, limit: int) -> Iterator[str]:
    """Nothing is lost but the line break or space at which it is split."""
    while size(text) > limit:
        end = _longest(text, limit)
        breaks = [text.rfind(each, end // 2, end) for each in ("\n", " ")]
        end = next((at for at in breaks if at > 0), end)
        yield text[:end]
        text = text[end:].removeprefix("\n").removeprefix(" ")
    if text:
        yield text


def _longest(text: str, limit: int) -> int:
    """How many characters fit. The largest a character can become is five units: &amp;"""
    end = min(len(text), limit)
    while (over := size(text[:end]) - limit) > 0:
        end -= max(1, over // 5)
    return end
