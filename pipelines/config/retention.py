"""config/retention.yaml and config/stickiness.yaml: who is asked whether they come back, and what counts as that.

The typed forms of the two files; their heads explain the words.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.config.refusals import refusal
from pipelines.config.stages import refuse_unknown_actions
from pipelines.config.yaml_lines import YamlFile

ACTIONS = pa.list_(pa.string())
RETENTION = pa.schema(
    [
        *(("retention", pa.string()), ("version", pa.int64()), ("entry", pa.string())),
        *(("target", ACTIONS), ("returned", ACTIONS), ("grain", pa.string()), ("period_count", pa.int64())),
    ]
)
STICKINESS = pa.schema([("stickiness", pa.string()), ("version", pa.int64()), ("actions", ACTIONS)])
Periods = dict[Literal["day", "week", "month", "rolling"], Annotated[int, Field(ge=1, le=400)]]
Names = Annotated[list[str], Field(min_length=1)]


class Entry(BaseModel):
    """One entry of a file. An unknown key is a mistake, not an extension."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(ge=1)
    description: str = ""


class Retention(Entry):
    """`entry`: the first of the `target` actions makes a cohort, or each does. `returned`: what counts as coming back."""

    target: Names
    returned: Names = []
    entry: Literal["first", "each"] = "first"
    periods: Periods = {"day": 30, "week": 12, "month": 6}

    @model_validator(mode="after")
    def _returns_by_the_same(self) -> "Retention":
        self.returned = self.returned or self.target
        return self


class Stickiness(Entry):
    """On how many dates of a week or month persons do any of `actions`."""

    actions: Names


T = TypeVar("T", bound=Entry)


def load_retention(path: Path, actions: Collection[str]) -> dict[str, Retention]:
    """Name -> Retention, in the order of the file; {} where it is absent. Errors: ConfigError `<file>:<line>: <what>`."""
    return _load(path, Retention, ("target", "returned"), actions)


def load_stickiness(path: Path, actions: Collection[str]) -> dict[str, Stickiness]:
    """Name -> Stickiness, in the order of the file; {} where it is absent. Errors: ConfigError `<file>:<line>: <what>`."""
    return _load(path, Stickiness, ("actions",), actions)


def retention_table(found: dict[str, Retention]) -> pa.Table:
    """`config.retention`: one row per entry and grain that it asks for."""
    rows = [
        {"retention": name, "grain": grain, "period_count": count, **_columns(entry, "periods")}
        for name, entry in found.items()
        for grain, count in entry.periods.items()
    ]
    return pa.Table.from_pylist(rows, schema=RETENTION)


def stickiness_table(found: dict[str, Stickiness]) -> pa.Table:
    """`config.stickiness`: one row per entry."""
    rows = [{"stickiness": name, **_columns(entry)} for name, entry in found.items()]
    return pa.Table.from_pylist(rows, schema=STICKINESS)


def _columns(entry: Entry, *without: str) -> dict[str, Any]:
    return entry.model_dump(exclude={"description", *without})


def _load(path: Path, kind: type[T], lists: tuple[str, ...], actions: Collection[str]) -> dict[str, T]:
    if not path.exists():
        return {}
    file = YamlFile(path)
    found = {str(name): _entry(file, name, entry, kind) for name, entry in file.entries(path.stem).items()}
    for name, entry in found.items():
        for key in lists:
            refuse_unknown_actions(file, (path.stem, name, key), getattr(entry, key), actions)
    return found


def _entry(file: YamlFile, name: Any, entry: Any, kind: type[T]) -> T:
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        raise refusal(file, (file.path.stem, name), f"'{name}'", error, kind) from error
