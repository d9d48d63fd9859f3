"""Asks what a dashboard would ask, without a Grafana: its variables chosen as Grafana does at first, its macros expanded."""

from collections.abc import Callable, Mapping
from typing import Any

from pipelines.grafana.engines import Engine
from pipelines.grafana.macros import Range, expanded, filled

Rows = list[tuple]


def chosen(
    board: Mapping[str, Any],
    engine: Engine,
    ask: Callable[[str], Rows],
    span: Range,
    values: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Variable -> value: that of `values`, else what the dashboard says, else the first one that its query answers."""
    found = dict(values or {})
    for each in board["templating"]["list"]:
        name, value = each["name"], (each.get("current") or {}).get("value", "")
        if name in found:
            continue
        if each["type"] == "query" and not value:
            rows = ask(asked(engine, each["query"], found, span))
            value = rows[0][0] if rows else ""
        found[name] = value
    return found


def asked(engine: Engine, sql: str, values: Mapping[str, str], span: Range) -> str:
    """The query as the engine gets it. Errors: MacroError."""
    return expanded(engine, filled(sql, values), span)
