"""Reads the SQL of a panel without asking it."""

import re
from functools import cache

import sqlglot
from sqlglot import exp

from pipelines.contract import QUERY
from pipelines.models.lineage import parse_query, tables_read

MACRO = re.compile(r"\$__\w+")
USED = re.compile(r"\$\{([\w.]+)(?::(\w+))?\}")


def columns_of(sql: str) -> list[str]:
    return [each.alias_or_name for each in parsed(sql).selects]


@cache
def parsed(sql: str) -> exp.Query:
    """Variables and macros are values to it. It is nobody's to change."""
    text = re.sub(r"\$__timeFilter\((\w+)\)", r"\1 = 'x'", USED.sub("'x'", sql))
    found = sqlglot.parse_one(MACRO.sub("'x'", text).replace("'x'()", "'x'"), read="postgres")
    assert isinstance(found, exp.Query), sql
    return found


@cache
def tables_of(sql: str) -> frozenset[str]:
    text = parsed(sql).sql("duckdb")
    return frozenset(tables_read(QUERY, text, parse_query(QUERY, text)))
