"""The blocks that a message may have, a subset of Slack's Block Kit: what a person wrote is only ever plain text.

`words` marks our own words up (*bold*, _italic_, `code`); a channel escapes `& < >` in every text, so none can hold a link
or a mention.
"""

from collections.abc import Iterable


def plain(text: str) -> dict:
    return {"type": "plain_text", "text": text, "emoji": False}


def words(text: str) -> dict:
    """Our own words only."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def header(text: str) -> dict:
    return {"type": "header", "text": plain(text)}


def section(text: str | dict) -> dict:
    return {"type": "section", "text": _text(text)}


def fields(pairs: Iterable[tuple[str, str]]) -> dict:
    """Two columns: our own label in bold, and its value."""
    return {
        "type": "section",
        "fields": [each for label, value in pairs for each in (words(f"*{label}*"), plain(value))],
    }


def context(*texts: str | dict) -> dict:
    return {"type": "context", "elements": [_text(each) for each in texts]}


def divider() -> dict:
    return {"type": "divider"}


def _text(text: str | dict) -> dict:
    return plain(text) if isinstance(text, str) else text


def texts_of(block: dict) -> list[dict]:
    """Every text object in a block."""
    return [*([block["text"]] if "text" in block else []), *block.get("fields", ()), *block.get("elements", ())]


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped(block: dict) -> dict:
    """The block with every text in it escaped."""
    if isinstance(block, dict):
        return {
            name: escape(each) if name == "text" and isinstance(each, str) else escaped(each)
            for name, each in block.items()
        }
    return [escaped(each) for each in block] if isinstance(block, list) else block
