"""Numbers as people read them, and the templates of messages. Plain text: whoever sends it escapes it."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined, TemplateError

NOTHING = "–"
SPARKS = "▁▂▃▄▅▆▇█"
GAP = "·"  # no value, which is not zero


def number(value: float | None) -> str:
    """1,234 or 1,234.5"""
    if value is None:
        return NOTHING
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def percent(value: float | None) -> str:
    """A ratio, 0 to 1."""
    return NOTHING if value is None else f"{value * 100:.1f} %"


def change(now: float | None, before: float | None) -> str:
    """+12 (+8 %); the share is left out where there was nothing before."""
    if now is None or before is None:
        return NOTHING
    difference = now - before
    if difference == 0:
        return "±0"
    told = f"{difference:+,}" if isinstance(difference, int) else f"{difference:+,.1f}"
    return f"{told} ({difference / before * 100:+.0f} %)" if before else told


def seconds(value: float | None) -> str:
    """45 s, 4 min 36 s, 3 h 12 min, 5 d 4 h"""
    if value is None:
        return NOTHING
    whole = round(value)
    for unit, size, next_unit, next_size in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            rest = whole % size // next_size
            return f"{whole // size} {unit} {rest} {next_unit}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"


def spark(values: Sequence[float | None]) -> str:
    """One sign a value, from the smallest to the largest."""
    known = [value for value in values if value is not None]
    low, span = (min(known), max(known) - min(known)) if known else (0, 0)
    return "".join(GAP if value is None else _spark(value - low, span) for value in values)


def _spark(above: float, span: float) -> str:
    return SPARKS[round(above / span * (len(SPARKS) - 1))] if span else SPARKS[0]


def local(moment: str | None, zone: str) -> str:
    """A moment of the numbers (ISO text, UTC) in the report's zone, to the minute."""
    if moment is None:
        return NOTHING
    return f"{datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def filters(zone: str) -> dict:
    """What templates of messages and pages may use."""
    plain = (number, percent, change, seconds, spark)
    return {each.__name__: each for each in plain} | {"local": partial(local, zone=zone)}


def render(template: str, zone: str, **values: object) -> str:
    """Errors: jinja2.TemplateError, also for a name that does not exist."""
    environment = Environment(autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= filters(zone)
    return environment.from_string(template).render(**values).strip()


def template_mistake(template: str) -> str | None:
    """What is wrong with the text of a template, or None."""
    environment = Environment(autoescape=False)
    environment.filters |= filters("UTC")
    try:
        environment.from_string(template)
    except TemplateError as error:
        return str(error)
    return None
