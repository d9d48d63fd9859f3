"""config/stages.yaml: what signing up, being active and falling silent mean here. The typed form of that file."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import pyarrow as pa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from pipelines.config.durations import MICROSECONDS, Duration
from pipelines.config.refusals import refusal
from pipelines.config.yaml_lines import YamlFile, nearest

SHORTEST_DAYS = 2  # actions are counted by date, and a date may have 25 hours: a shorter silence would hide in one
STAGES = pa.schema(
    [
        ("version", pa.int64()),
        ("signed_up", pa.list_(pa.string())),
        ("meaningful", pa.list_(pa.string())),
        ("active_dates", pa.int64()),
        ("inactive_after_us", pa.int64()),
    ]
)


def _long_enough(microseconds: int) -> int:
    if microseconds < SHORTEST_DAYS * MICROSECONDS["d"]:
        raise ValueError(f"a silence shorter than {SHORTEST_DAYS}d is not told apart from a date without an action")
    return microseconds


class Stages(BaseModel):
    """`signed_up`, `meaningful`: names of actions. `inactive_after`: microseconds of silence."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(default=1, ge=1)
    signed_up: list[str] = []
    meaningful: list[str] = []
    active_dates: int = Field(default=2, ge=1, le=366)
    inactive_after: Annotated[Duration, AfterValidator(_long_enough)] = 15 * MICROSECONDS["d"]

    def table(self) -> pa.Table:
        """`config.stages`: one row."""
        row = self.model_dump(exclude={"inactive_after"}) | {"inactive_after_us": self.inactive_after}
        return pa.Table.from_pylist([row], schema=STAGES)


def load_stages(path: Path, actions: Collection[str]) -> Stages:
    """A file that is absent says that nothing is meaningful: everybody is a visitor.

    Errors: ConfigError `<file>:<line>: <what>`, with the nearest right name where one was misspelt.
    """
    if not path.exists():
        return Stages()
    file = YamlFile(path)
    try:
        found = Stages.model_validate(file.data)
    except ValidationError as error:
        raise refusal(file, (), path.name, error, Stages) from error
    for key in ("signed_up", "meaningful"):
        refuse_unknown_actions(file, (key,), getattr(found, key), actions)
    return found


def refuse_unknown_actions(file: YamlFile, here: tuple, names: Collection[str], actions: Collection[str]) -> None:
    """`here`: where the list of names stands. Errors: ConfigError for the first that config/actions.yaml does not have."""
    for place, name in enumerate(names):
        if name not in actions:
            raise file.error((*here, place), f"no action is called '{name}'; {nearest(name, actions)}")
