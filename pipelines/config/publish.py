"""config/publish.yaml: which personal columns of the public tables are published. The head of that file explains it.

Which columns are personal is said where a table is defined (`personal:` in its header).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.config.refusals import refusal
from pipelines.config.yaml_lines import YamlFile, nearest

if TYPE_CHECKING:
    from pipelines.models import Model


class Publish(BaseModel):
    """`personal`: table -> its personal columns that are published."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(default=1, ge=1, le=1)
    personal: dict[str, Annotated[list[str], Field(min_length=1)]] = {}


def load_publish(path: Path) -> Publish:
    """Errors: ConfigError with file and line. Without the file nothing personal is published."""
    if not path.exists():
        return Publish()
    file = YamlFile(path)
    try:
        return Publish.model_validate(file.data)
    except ValidationError as error:
        raise refusal(file, (), path.name, error, Publish) from error


def withhold(path: Path, publish: Publish, models: "Mapping[str, Model]") -> None:
    """Tells every public table which of its personal columns are not published. Errors: ConfigError for a wrong name."""
    public = {name: model for name, model in models.items() if model.header.public}
    for table, columns in publish.personal.items():
        known = {name for name, model in public.items() if model.header.personal}
        if table not in known:
            _refuse(path, table, f"'{table}' is no public table with personal columns; {nearest(table, known)}")
        for column in columns:
            if column not in (marked := public[table].header.personal):
                _refuse(path, table, f"'{column}' is no personal column of {table}; {nearest(column, marked)}")
    for name, model in public.items():
        shown = publish.personal.get(name, ())
        model.withheld = tuple(each for each in model.header.personal if each not in shown)


def _refuse(path: Path, table: str, what: str) -> None:
    raise YamlFile(path).error(("personal", table), what)
