"""Templates and figures to HTML. Whatever a figure's text holds, it stays text: escaped, and never read as a template."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipelines import words
from pipelines.pdf import charts, parts
from pipelines.pdf.painter import PdfError

TEMPLATES = Path(__file__).with_name("templates")
MOST_ROWS = 500  # a row costs 5 ms, and nobody reads the 501st


def fill(name: str, template: str, values: Mapping[str, Any], folder: Path | None = None) -> str:
    """The page's HTML; templates of `folder` come first and may extend base.html. Errors: PdfError, for the page `name`."""
    try:
        html = _environment(folder).get_template(template).render(values)
    except Exception as error:  # a template can fail in any way, and the figures must still go out as text
        raise PdfError(name, "error", f"template {template}: {type(error).__name__}: {error}"[:500]) from error
    return html.encode("utf-8", "replace").decode()  # half a surrogate pair is no text


@cache
def _environment(folder: Path | None) -> Environment:
    folders = [TEMPLATES] if folder is None else [folder, TEMPLATES]
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {each.__name__: each for each in parts.PARTS}
    environment.globals |= {"charts": charts, "local": words.local, "most_rows": MOST_ROWS}
    environment.filters |= {each.__name__: each for each in words.FILTERS}
    return environment
