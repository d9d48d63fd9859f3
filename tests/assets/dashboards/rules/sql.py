"""What the two engines would understand differently, and what no panel may ask."""

import re

from sqlglot import exp

from tests.assets.dashboards.rules.reading import parsed, tables_of
from tests.assets.dashboards.rules.rule import Complaints, add, rule, say
from tests.assets.dashboards.shown import Board
from tests.houses import checkout

TYPES = {"DATE", "TIMESTAMP", "TIMESTAMPTZ", "BIGINT", "DOUBLE", "TEXT", "INTERVAL"}


@rule(say("select count(*) as n from metrics.daily join metrics.pages on true"))
def each_query_reads_one_published_table(board: Board) -> Complaints:
    public = {name for name, model in checkout().models.items() if model.header.public}
    for where, sql in board.texts():
        read = tables_of(sql)
        if len(read) != 1 or read - public:
            yield f"{where}: {sorted(read)}"


@rule(add("; select 1"))
def each_query_is_one_statement(board: Board) -> Complaints:
    yield from (where for where, sql in board.texts() if ";" in sql)


@rule(say("select $__timeGroup(time, '1h') as time from metrics.daily"))
def macros_are_those_that_both_plugins_know(board: Board) -> Complaints:
    for where, sql in board.texts():
        found = set(re.findall(r"\$__\w+(?:\([^)]*\))?", sql))
        wrong = {each for each in found if not re.fullmatch(r"\$__timeFilter\(\w+\)|\$__time(From|To)\(\)", each)}
        yield from (f"{where}: {each}" for each in wrong)


@rule(say("select count(*) as n from metrics.daily where local_date > current_date"))
def no_query_reads_a_clock(board: Board) -> Complaints:
    clocks = r"\b(now|current_date|current_timestamp|localtimestamp|clock_timestamp|today)\b"
    yield from (where for where, sql in board.texts() if re.search(clocks, sql, re.IGNORECASE))


@rule(say("select cast(local_date as hugeint) as n from metrics.daily"))
def types_are_those_that_both_engines_call_the_same(board: Board) -> Complaints:
    for where, sql in board.texts():
        kinds = {each.to.sql("duckdb").upper() for each in parsed(sql).find_all(exp.Cast)}
        yield from (f"{where}: {each}" for each in kinds - TYPES)


@rule(say("select local_date::varchar as d from metrics.daily"))
def casts_are_written_out(board: Board) -> Complaints:
    yield from (where for where, sql in board.texts() if "::" in sql)


@rule(say("select sum(event_count) as n from metrics.daily"))
def a_sum_says_its_type(board: Board) -> Complaints:
    """Of bigints it is another type in each engine, and text in the one's plugin."""
    for where, sql in board.texts():
        for each in parsed(sql).find_all(exp.Sum, exp.Avg):
            if not is_settled(each):
                yield f"{where}: {each.sql()}"


def is_settled(sum_: exp.Expr) -> bool:
    """It is cast, or part of a division whose other side is, or only orders."""
    around, inside = sum_.parent, sum_
    while around is not None and not isinstance(around, exp.Select):
        if isinstance(around, exp.Cast | exp.Order):
            return True
        if isinstance(around, exp.Div) and around.expression is inside and around.this.find(exp.Cast):
            return True
        around, inside = around.parent, around
    return False


@rule(say("select a / b as ratio from metrics.daily"))
def a_ratio_is_divided_as_a_double(board: Board) -> Complaints:
    """Whole numbers are cut by one engine and not by the other, except where they come out even."""
    for where, sql in board.texts():
        for each in parsed(sql).find_all(exp.Div):
            is_whole = isinstance(each.parent, exp.Cast) and isinstance(each.expression, exp.Literal)
            if not is_whole and not isinstance(each.this, exp.Cast):
                yield f"{where}: {each.sql()}"
