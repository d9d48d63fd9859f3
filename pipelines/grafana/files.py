"""The files that a dashboard becomes: classic JSON with sorted keys, equal whenever the dashboard is."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from pipelines.lake import write_durably


def built(board: Dashboard) -> dict[str, Any]:
    """Panels are numbered in their order; Grafana gives the dashboard itself its number."""
    made = json.loads(JSONEncoder().encode(board.build()))
    for number, panel in enumerate(made["panels"], start=1):
        panel["id"] = number
    return made


def text_of(made: Mapping[str, Any]) -> str:
    return json.dumps(made, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def differing(home: Path, made: Mapping[Path, str]) -> list[Path]:
    """Files that are not as they would be made now; also those in their folders that nothing makes any more."""
    there = {path.relative_to(home) for each in made for path in (home / each).parent.glob("*.json")}
    wrong = {path for path, text in made.items() if not (home / path).exists() or (home / path).read_text() != text}
    return sorted(wrong | (there - set(made)))


def write(home: Path, made: Mapping[Path, str]) -> None:
    """Makes them so. Errors: OSError."""
    for path in differing(home, made):
        if path in made:
            write_durably(home / path, made[path].encode())
        else:
            (home / path).unlink()
