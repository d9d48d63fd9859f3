"""The outbox as a page: threads as Slack would show them, with plain CSS, no script, and every text escaped."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

MARKS = {r"\*([^*\n]+)\*": r"<b>\1</b>", r"\b_([^_\n]+)_\b": r"<i>\1</i>", r"`([^`\n]+)`": r"<code>\1</code>"}


def page(report: str, day: date, units: Sequence[dict]) -> str:
    """units: what `outbox` wrote as JSON, with `href`."""
    threads = [(channel, _thread(own)) for channel, own in _threads(units)]
    return _template().render(report=report, day=day, threads=threads)


def _threads(units: Sequence[dict]) -> Iterator[tuple[str, list[dict]]]:
    """Channel by channel, each parent with what stands under it."""
    named = sorted(units, key=lambda each: (each["channel"], _thread_of(each)))
    for (channel, _), own in groupby(named, key=lambda each: (each["channel"], _thread_of(each))):
        yield channel.removeprefix("outbox:"), list(own)


def _thread_of(unit: dict) -> str:
    """The name of its parent's message."""
    return unit["message"] if unit["position"] == 0 else unit.get("thread", "")


def _thread(own: list[dict]) -> list[tuple[dict | None, list[dict]]]:
    """The parent, then what is under it, in order: each message with its files; None where files stand without one."""
    own = sorted(own, key=_place)
    (parent, files), *rest = [_message(list(group)) for _, group in groupby(own, key=lambda each: _place(each)[:2])]
    return [(parent, []), *([(None, files)] if files else []), *rest]


def _place(unit: dict) -> tuple[int, str, str]:
    return unit["position"], unit["message"], unit["unit"]


def _message(units: list[dict]) -> tuple[dict | None, list[dict]]:
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
