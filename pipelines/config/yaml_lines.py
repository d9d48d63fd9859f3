"""YAML files whose mistakes can be pointed at: the values, and the line on which each of them stands.

What the values must be belongs to the models that read them.
"""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import TrailhouseError

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the compiled one, where there is one, is ten times as fast


class ConfigError(TrailhouseError):
    """A file in config/ is wrong. The message is `<file>:<line>: <what is wrong>`, and what would be right."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a misspelt name: the nearest right one if there is any, and all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"{hint}Known: {', '.join(names)}"


class YamlFile:
    """A parsed file. `data`: its values; `line(("sources", "web", "folder"))`: where that value stands, 1-based.

    Errors: ConfigError when it is absent, is no YAML, or gives one key twice (YAML would keep the last in silence).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            text = path.read_text(encoding="utf-8")
            self._root = yaml.compose(text, Loader=LOADER)
            self.data = yaml.load(text, Loader=LOADER)
        except FileNotFoundError as error:
            raise ConfigError(f"{path}: is missing; create it, or set TRAILHOUSE_CONFIG to its folder") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: is no YAML: {error}") from error
        self._refuse_twice(self._root)

    def line(self, location: tuple, within: int = 0) -> int:
        """The line of the key at `location`, or of the deepest part of it that the file has.

        within: a line of the text that stands there, from 1; only of a block (`|`) it can be told where that is.
        """
        node, line = self._root, 1
        for part in location:
            found = _child(node, part)
            if found is None:
                return line
            line, node = found
        is_block = isinstance(node, yaml.ScalarNode) and node.style == "|"
        return node.start_mark.line + 1 + within if within and node and is_block else line

    def error(self, location: tuple, what: str, within: int = 0) -> ConfigError:
        return ConfigError(f"{self.path}:{self.line(location, within)}: {what}")

    def entries(self, key: str) -> dict[Any, Any]:
        """The named entries below `key`, in a file that has nothing else but its version. Errors: ConfigError."""
        top = self.data if isinstance(self.data, dict) else {}
        known = {"version", key}
        for other in sorted(set(top) - known, key=str):
            raise self.error((other,), f"unknown key '{other}'; {nearest(str(other), known)}")
        if top.get("version") != 1 or not isinstance(top.get(key), dict):
            raise self.error(("version",), f"write `version: 1`, then `{key}:` with the named entries below it")
        return top[key]

    def _refuse_twice(self, node: yaml.Node | None) -> None:
        if isinstance(node, yaml.SequenceNode):
            for each in node.value:
                self._refuse_twice(each)
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                self._refuse_key(key, seen)
                self._refuse_twice(value)

    def _refuse_key(self, key: yaml.Node, seen: set[str]) -> None:
        if key.value in seen:
            line = key.start_mark.line + 1
            raise ConfigError(f"{self.path}:{line}: '{key.value}' is given twice here; keep one")
        seen.add(key.value)


def _child(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    return None
