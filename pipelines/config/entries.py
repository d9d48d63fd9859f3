"""What the files of named entries share: how an entry is typed, and how it may be called."""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict

NAME = r"^[a-z][a-z0-9_]*$"


class Part(BaseModel):
    """A piece of a file. An unknown key is a mistake, not an extension."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def as_list(value: Any) -> Any:
    """One, or a list of them, as a list."""
    return value if isinstance(value, list | tuple) else [value]


def is_name(name: object) -> bool:
    return re.match(NAME, str(name)) is not None
