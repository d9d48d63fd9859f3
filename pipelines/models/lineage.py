"""What a query reads: its tables, and for each of its columns the columns that it is made of. SQLGlot does the parsing."""

import re
from pathlib import Path
from typing import TypeAlias

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage

from pipelines.models.header import ModelError

Columns: TypeAlias = dict[str, str]  # name -> DuckDB type
DIALECT = "duckdb"


def parse_query(path: Path, text: str) -> exp.Query:
    """The one SELECT of a file. Errors: ModelError with file and line for anything else."""
    try:
        statements = [each for each in sqlglot.parse(text, dialect=DIALECT) if each is not None]
    except sqlglot.ParseError as error:
        first = error.errors[0]
        raise ModelError(path, first["line"] or 1, f"not SQL: {first['description']}") from error
    except SqlglotError as error:  # a quote or comment that never ends has no place of its own
        raise ModelError(path, 1, f"not SQL: {str(error).splitlines()[0]}") from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise ModelError(path, 1, "one SELECT is wanted here, and nothing else")
    return statements[0]


def tables_read(path: Path, text: str, query: exp.Query) -> tuple[str, ...]:
    """`schema.table` of everything read, sorted. A table carries its schema, a CTE never does."""
    ctes = {cte.alias for cte in query.find_all(exp.CTE)}
    found = set()
    for table in query.find_all(exp.Table):
        if table.db:
            found.add(f"{table.db}.{table.name}")
        elif table.name and table.name not in ctes:
            raise ModelError(path, line_of(text, table.name), f"table '{table.name}' has no schema and is no CTE here")
    return tuple(sorted(found))


def line_of(text: str, name: str) -> int:
    """The first line (1-based) outside comments that names `name`, whole; 1 if none does."""
    whole = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
    for number, line in enumerate(text.splitlines(), 1):
        if whole.search(line.split("--")[0]):
            return number
    return 1


def column_lineage(query: exp.Query, schemas: dict[str, Columns]) -> dict[str, list[tuple[str, str]]]:
    """For each column the (`schema.table`, column) pairs that it is computed from; [] for a constant or a count.

    `schemas`: the columns of each table read. Empty where SQLGlot cannot follow the query.
    """
    nested: dict = {}
    for name, types in schemas.items():
        schema, table = name.split(".")
        nested.setdefault(schema, {})[table] = types
    try:
        nodes = lineage(
            None, query, nested, dialect=DIALECT, trim_selects=False
        )  # their text is not shown, and costs most
    except (SqlglotError, ValueError):
        return {}
    return {name: sorted(_leaves(node)) for name, node in nodes.items()} if isinstance(nodes, dict) else {}


def _leaves(node) -> set[tuple[str, str]]:
    leaves = set()
    for each in node.walk():
        if isinstance(each.source, exp.Table) and not each.downstream and each.source.db:
            leaves.add((f"{each.source.db}.{each.source.name}", each.name.split(".")[-1].strip('"')))
    return leaves
