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
    """All in one question: a small refresh costs as many questions as it asks."""
    failures = [_grain_failures(model, relation)]
    failures += [f"count(*) filter (where ({check.condition}) is not true)" for check in model.header.checks]
    found = connection.execute(f"select {', '.join(failures)} from {relation}").fetchall()[0]
    return [CheckResult(check, failed) for check, failed in zip(checks_of(model), found, strict=True)]


def nothing_to_check(model: Model) -> list[CheckResult]:
    """Of no rows."""
    return [CheckResult(check, 0) for check in checks_of(model)]


def _grain_failures(model: Model, relation: str) -> str:
    grain = ", ".join(model.header.grain)
    nulls = " or ".join(f"{name} is null" for name in model.header.grain)
    distinct = f"(select count(*) from (select distinct {grain} from {relation}))"
    return f"count(*) - {distinct} + count(*) filter (where {nulls})"


def count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return connection.execute(f"select count(*) from {relation}").fetchall()[0][0]
