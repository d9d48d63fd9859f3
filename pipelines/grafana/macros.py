"""What becomes of a query before an engine sees it: variables and macros are replaced, as Grafana and the two plugins do it.

The differences between the plugins are kept, for a query must be right with both: Grafana's own source finds a macro's argument
up to the first closing bracket and knows a macro only with brackets, the DuckDB plugin counts brackets and writes whole seconds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.errors import TrailhouseError
from pipelines.grafana.engines import DUCKDB, Engine

VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}")
POSTGRES_MACRO = re.compile(r"\$([_a-zA-Z0-9]+)\(([^)]*)\)")
DUCKDB_MACRO = re.compile(r"\$__(timeFilter|timeFrom|timeTo)\b(\(([^()]*)\))?")


class MacroError(TrailhouseError):
    """A query names a variable or macro that would not be replaced."""


@dataclass(frozen=True, slots=True)
class Range:
    """What a dashboard shows; both ends belong to it."""

    since: datetime
    until: datetime


def filled(sql: str, values: Mapping[str, str]) -> str:
    """The variables replaced by literals. Errors: MacroError."""

    def literal(found: re.Match[str]) -> str:
        name, form = found.groups()
        if form != "sqlstring":
            raise MacroError(f"{found[0]}: write ${{{name}:sqlstring}}, or the two plugins quote it differently")
        if name not in values:
            raise MacroError(f"{found[0]}: the dashboard has no variable {name}; it has {', '.join(values)}")
        return "'" + values[name].replace("'", "''") + "'"

    return VARIABLE.sub(literal, sql)


def expanded(engine: Engine, sql: str, span: Range) -> str:
    """The macros replaced as the engine's plugin does. Errors: MacroError."""
    return _by_duckdb(sql, span) if engine == DUCKDB else _by_postgres(sql, span)


def _by_duckdb(sql: str, span: Range) -> str:
    since, until = (f"'{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'" for moment in (span.since, span.until))

    def replaced(found: re.Match[str]) -> str:
        name, _, column = found.groups()
        if name == "timeFilter" and column:
            return f"{column.strip()} >= {since} AND {column.strip()} <= {until}"
        if name == "timeFilter" or (column or "").strip():
            raise MacroError(f"{found[0]}: wrong arguments")
        return since if name == "timeFrom" else until

    return DUCKDB_MACRO.sub(replaced, sql)


def _by_postgres(sql: str, span: Range) -> str:
    since, until = (f"'{_nanoseconds(moment)}'" for moment in (span.since, span.until))

    def replaced(found: re.Match[str]) -> str:
        name, column = found.groups()
        match name:
            case "__timeFilter" if column.strip():
                return f"{column.strip()} BETWEEN {since} AND {until}"
            case "__timeFrom":
                return since
            case "__timeTo":
                return until
        raise MacroError(f"{found[0]}: no macro that both data sources know; use $__timeFilter, $__timeFrom, $__timeTo")

    return POSTGRES_MACRO.sub(replaced, sql)


def _nanoseconds(moment: datetime) -> str:
    """As Go writes them: no more digits of the second than it has."""
    fraction = f"{moment.microsecond:06}".rstrip("0")
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}{'.' + fraction if fraction else ''}Z"
