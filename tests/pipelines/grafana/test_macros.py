"""Variables and macros become what the two plugins make of them."""

from datetime import UTC, datetime

import pytest

from pipelines.grafana.engines import DUCKDB, POSTGRES, Engine
from pipelines.grafana.macros import MacroError, Range, expanded, filled

SPAN = Range(datetime(2026, 3, 1, 9, 30, tzinfo=UTC), datetime(2026, 3, 2, 10, 0, 0, 250_000, tzinfo=UTC))


@pytest.mark.parametrize(
    ("engine", "sql", "expected"),
    [
        (DUCKDB, "$__timeFilter(at)", "at >= '2026-03-01T09:30:00Z' AND at <= '2026-03-02T10:00:00Z'"),
        (POSTGRES, "$__timeFilter(at)", "at BETWEEN '2026-03-01T09:30:00Z' AND '2026-03-02T10:00:00.25Z'"),
        (DUCKDB, "$__timeFrom() $__timeTo", "'2026-03-01T09:30:00Z' '2026-03-02T10:00:00Z'"),
        (POSTGRES, "$__timeFrom() $__timeTo()", "'2026-03-01T09:30:00Z' '2026-03-02T10:00:00.25Z'"),
        (POSTGRES, "$__timeTo", "$__timeTo"),
        (DUCKDB, "$__timeFilters(at)", "$__timeFilters(at)"),
    ],
)
def test_macros_are_expanded(engine: Engine, sql: str, expected: str):
    assert expanded(engine, sql, SPAN) == expected


@pytest.mark.parametrize(
    ("engine", "sql"),
    [
        (POSTGRES, "$__timeGroup(at, '1h')"),
        (POSTGRES, "$anything(at)"),
        (POSTGRES, "$__timeFilter()"),
        (DUCKDB, "$__timeFilter"),
        (DUCKDB, "$__timeFrom(at)"),
    ],
)
def test_a_macro_that_would_not_work_is_told(engine: Engine, sql: str):
    with pytest.raises(MacroError):
        expanded(engine, sql, SPAN)


def test_a_variable_becomes_a_literal_whose_quotes_are_doubled():
    assert filled("a = ${person:sqlstring}", {"person": "o'hara"}) == "a = 'o''hara'"
    assert filled("a = ${person:sqlstring}", {"person": ""}) == "a = ''"


@pytest.mark.parametrize("sql", ["${person}", "${person:raw}", "${nobody:sqlstring}"])
def test_a_variable_that_would_differ_or_is_not_there_is_told(sql: str):
    with pytest.raises(MacroError):
        filled(sql, {"person": "1"})
