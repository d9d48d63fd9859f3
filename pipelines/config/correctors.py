"""config/correctors.yaml: which rows of an outside database are mended, and how. The typed form; its head explains the words.

Looking at the rows and changing them belongs to pipelines.correctors.
"""

from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from pipelines.config.entries import NAME, Part, as_list, is_name
from pipelines.config.refusals import refusal
from pipelines.config.yaml_lines import YamlFile

IDENTIFIER = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$"
AUDIT = "trailhouse_corrections"

Value: TypeAlias = str | int | float | bool | None


def _value(value: Any) -> Any:
    """YAML makes a date of 2026-11-01; what a column gets is said as text."""
    if value is None or isinstance(value, str | int | float):
        return value
    raise ValueError(f"'{value}' is no text, number, true, false or null; a date is written in quotes")


class Corrector(Part):
    """One correction. `change`: column -> value of the rows of which `where` holds."""

    description: str
    owner: str
    database: str = Field(pattern=NAME)
    table: str = Field(pattern=IDENTIFIER)
    key: Annotated[tuple[str, ...], BeforeValidator(as_list)] = Field(min_length=1)
    where: str
    change: dict[str, Annotated[Value, BeforeValidator(_value)]] = Field(min_length=1)
    most: int = Field(default=100, ge=1, le=10_000)
    audit: str = Field(default=AUDIT, pattern=IDENTIFIER)

    @field_validator("where")
    @classmethod
    def _says_something(cls, condition: str) -> str:
        if not condition.strip():
            raise ValueError("say what is wrong with a row, as state = 'running' and started_at is null")
        return condition

    @model_validator(mode="after")
    def _keeps_its_key(self) -> "Corrector":
        for column in self.key:
            if column in self.change:
                raise ValueError(f"the key '{column}' cannot be changed: the audit would lose the row")
        return self


def load_correctors(path: Path) -> dict[str, Corrector]:
    """Reads correctors.yaml: name -> Corrector. A file that is absent names none. Errors: ConfigError with file and line."""
    if not path.exists():
        return {}
    file = YamlFile(path)
    return {str(name): _corrector(file, name, entry) for name, entry in file.entries("correctors").items()}


def _corrector(file: YamlFile, name: Any, entry: Any) -> Corrector:
    here = ("correctors", name)
    if not is_name(name):
        raise file.error(here, f"corrector '{name}': a name has small letters, digits and _, and starts with a letter")
    if not isinstance(entry, dict):
        raise file.error(here, f"corrector '{name}': write its keys below it: database, table, key, where, change")
    try:
        return Corrector.model_validate(entry)
    except ValidationError as error:
        raise refusal(file, here, f"corrector '{name}'", error, Corrector) from error
