"""What pydantic found wrong, as one line with the place in the file and the nearest right name."""

from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from pipelines.config.yaml_lines import ConfigError, YamlFile, nearest


def refusal(file: YamlFile, here: tuple, whose: str, error: ValidationError, kind: type[BaseModel]) -> ConfigError:
    """`here`: where the entry stands. `whose`: how the message calls it. `kind`: the model that refused it."""
    first = min(
        error.errors(), key=lambda each: each["type"] != "extra_forbidden"
    )  # a misspelt key before a missing one
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        what = f"unknown key '{where}'; {nearest(str(first['loc'][-1]), _keys_at(kind, first['loc'][:-1]))}"
    else:
        what = f"{where}: {first['msg']}".removeprefix(": ").replace("Value error, ", "")
    return file.error((*here, *first["loc"]), f"{whose}: {what}")


def _keys_at(kind: type[BaseModel], path: Iterable[str | int]) -> set[str]:
    """The keys that the file may have there, as it writes them."""
    for part in path:
        field = kind.model_fields.get(str(part))
        kind = next(_models_of(field.annotation), kind) if field else kind
    return {field.alias or name for name, field in kind.model_fields.items() if not field.exclude}


def _models_of(annotation: Any):
    """The models that a type is built of: `tuple[Step, ...]` -> Step."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _models_of(each)
