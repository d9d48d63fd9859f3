"""What is checked of new rows before they are taken: the grain, and what the header says."""

from dataclasses import dataclass

import duckdb

from pipelines.models import Model
from pipelines.models.header import Check


@dataclass(frozen=True, slots=True)
class CheckResult:
    check: Check
    failed_rows: int


def grain_check(model: Model) -> Check:
    columns = ", ".join(model.header.grain)
    return Check("grain", f"one row per {columns}, none of them null", columns, blocking=True)


def checks_of(model: Model) -> list[Check]:
    return [grain_check(model), *model.header.checks]


def check_rows(connection: duckdb.DuckDBPyConnection, model: Model, relation: str) -> list[CheckResult]:
    results = [CheckResult(grain_check(model), _grain_failures(connection, model, relation))]
    for check in model.header.checks:
        failures = count(connection, f"{relation} where ({check.condition}) is not true")
        results.append(CheckResult(check, failures))
    return results


def _grain_failures(connection: duckdb.DuckDBPyConnection, model: Model, relation: str) -> int:
    grain = ", ".join(model.header.grain)
    nulls = " or ".join(f"{name} is null" for name in model.header.grain)
    distinct = f"(select count(*) from (select distinct {grain} from {relation}))"
    query = f"select count(*) - {distinct} + count(*) filter (where {nulls}) from {relation}"
    return connection.execute(query).fetchall()[0][0]


def count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return connection.execute(f"select count(*) from {relation}").fetchall()[0][0]
