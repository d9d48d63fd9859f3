"""The templates of messages. Plain text: whoever sends it escapes it."""

from functools import partial

from jinja2 import Environment, StrictUndefined, TemplateError

from pipelines.reports.numbers import ReportError
from pipelines.words import FILTERS, clock, minute


def render(template: str, zone: str, **values: object) -> str:
    """Moments are shown in `zone`. Errors: ReportError, also for a name that does not exist."""
    try:
        return environment(zone).from_string(template).render(**values).strip()
    except TemplateError as error:
        raise ReportError(f"config/reports.yaml: a message cannot be made: {error}") from error


def template_mistake(template: str) -> str | None:
    """What is wrong with the text of a template, or None."""
    try:
        environment("UTC").from_string(template)
    except TemplateError as error:
        return str(error)
    return None


def environment(zone: str) -> Environment:
    """What every template of a message is made in."""
    made = Environment(autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {each.__name__: each for each in FILTERS}
    made.filters |= {each.__name__: partial(each, zone=zone) for each in (clock, minute)}
    return made
