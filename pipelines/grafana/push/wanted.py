"""What shall be in Grafana: as the files in grafana/ say it to one that reads them, for one that is told over the network."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import SecretStr

from pipelines.grafana.push.api import GrafanaError

VARIABLE = re.compile(r"\$\{(\w+)\}")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """plugin: the data source's type. rules: as `AlertRule.made` has them."""

    plugin: str
    source: Json
    boards: Sequence[Json]
    points: Sequence[Json]
    rules: Sequence[Json]


def read(path: Path, variables: Mapping[str, str | SecretStr | None]) -> Json:
    """A provisioning file with its ${VARIABLES} filled. Errors: GrafanaError for one that is not set."""
    return _filled(yaml.safe_load(path.read_text(encoding="utf-8")), path.name, variables)


def _filled(value: Any, file: str, variables: Mapping[str, str | SecretStr | None]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, file, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, file, variables) for each in value]
    if not isinstance(value, str):
        return value

    def set_to(found: re.Match[str]) -> str:
        known = variables.get(found[1])
        if not known:
            raise GrafanaError(
                f"{file} needs {found[1]}: set it in the environment or in .env; docs/grafana.md says to what"
            )
        return known.get_secret_value() if isinstance(known, SecretStr) else known

    return VARIABLE.sub(set_to, value)
