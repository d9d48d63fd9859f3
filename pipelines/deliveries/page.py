"""The outbox as a page: threads as Slack would show them, with plain CSS, no script, and every text escaped."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from itertools import groupby
from typing import TypeAlias

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

Shown: TypeAlias = tuple[dict | None, list[dict]]  # a message, and its files
MARKS = {r"\*([^*\n]+)\*": r"<b>\1</b>", r"\b_([^_\n]+)_\b": r"<i>\1</i>", r"`([^`\n]+)`": r"<code>\1</code>"}


def page(report: str, day: date, units: Sequence[dict]) -> str:
    """units: what `outbox` wrote as JSON, with `href`."""
    return _template().render(report=report, day=day, channels=[*_channels(units)])


def _channels(units: Sequence[dict]) -> Iterator[tuple[str, list[list[Shown]]]]:
    """Each channel with its threads, in the order in which they were planned, as the ledger numbers them."""
    threads: dict[tuple[str, str], list[dict]] = {}
    for unit in sorted(units, key=lambda each: each["number"]):
        threads.setdefault((unit["channel"].removeprefix("outbox:"), unit["thread"]), []).append(unit)
    for channel in sorted({channel for channel, _ in threads}):
        yield channel, [_thread(own) for (where, _), own in threads.items() if where == channel]


def _thread(units: Sequence[dict]) -> list[Shown]:
    """The parent, then what is under it, in order: each message with its files; None where files stand without one."""
    own = sorted(units, key=_place)
    (parent, files), *rest = [_message(list(group)) for _, group in groupby(own, key=lambda each: _place(each)[:2])]
    return [(parent, []), *([(None, files)] if files else []), *rest]


def _place(unit: dict) -> tuple[int, str, str]:
    return unit["position"], unit["message"], unit["unit"]


def _message(units: list[dict]) -> Shown:
    message = next((each for each in units if each["kind"] != "file"), None)
    return message, [each for each in units if each["kind"] == "file"]


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("pipelines.deliveries", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"marked": _marked, "size": _size}
    return environment.get_template("page.html.j2")


def _marked(text: dict) -> Markup:
    """A text object; only our own words have marks."""
    shown = str(escape(text["text"]))
    for pattern, replacement in MARKS.items() if text["type"] == "mrkdwn" else ():
        shown = re.sub(pattern, replacement, shown)
    return Markup(shown)


def _size(count: int) -> str:
    return f"{count:,} B" if count < 1024 else f"{count / 1024:,.0f} KB"
