"""The templates of messages. Plain text: whoever sends it escapes it."""

from collections.abc import Collection
from functools import partial
from typing import TypeAlias

from jinja2 import Environment, StrictUndefined, TemplateError, nodes

from pipelines.config.yaml_lines import nearest
from pipelines.reports.numbers import ReportError
from pipelines.words import FILTERS, clock, minute


def render(template: str, zone: str, **values: object) -> str:
    """Moments are shown in `zone`. Errors: ReportError, also for a name that does not exist."""
    try:
        return environment(zone).from_string(template).render(**values).strip()
    except TemplateError as error:
        raise ReportError(f"config/reports.yaml: a message cannot be made: {error}") from error


Known: TypeAlias = dict[str, Collection[str] | None]  # name -> what it has; None: that is not known here


def names_of(queries: Collection[str], thread: Collection[str]) -> Known:
    """What a message may speak of. thread: the columns of the row that it is about."""
    return {"report": None, "date": None, "rows": queries, "thread": thread, "links": ("grafana",)}


def mistake_in(template: str, known: Known) -> tuple[str, int] | None:
    """What is wrong with the text of a template, and on which line of it from 1; None: nothing that can be seen."""
    made = environment("UTC")
    try:
        made.from_string(template)
    except TemplateError as error:
        return f"this message is no template: {error}", getattr(error, "lineno", None) or 0
    parsed = made.parse(template)
    names = list(parsed.find_all(nodes.Name))
    own = {each.name for each in names if each.ctx != "load"} | made.globals.keys()
    for each in names:
        if each.name not in own | known.keys():
            return f"the message speaks of '{each.name}'; {nearest(each.name, known)}", each.lineno
    for each in parsed.find_all(nodes.Getattr):
        name = each.node.name if isinstance(each.node, nodes.Name) else ""
        of = known.get(name)
        if of is not None and each.attr not in of:
            return f"the message speaks of '{name}.{each.attr}'; {nearest(each.attr, of)}", each.lineno
    return None


def environment(zone: str) -> Environment:
    """What every template of a message is made in."""
    made = Environment(autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {each.__name__: each for each in FILTERS}
    made.filters |= {each.__name__: partial(each, zone=zone) for each in (clock, minute)}
    return made
