"""Correctors as Dagster shows them: a job each, on demand only, that shows the rows and the change and, asked to, makes it."""

from collections.abc import Sequence

import dagster as dg
from pydantic import Field

from pipelines.config.correctors import Corrector
from pipelines.correctors import Correction, CorrectorError, correct, look
from pipelines.house import HOUSE
from pipelines.orchestration.preview import markdown
from pipelines.settings import Settings


class CorrectConfig(dg.Config):
    """Whether to change anything."""

    apply: bool = Field(default=False, description="true: makes the change; else it is only shown")


def corrector_job(name: str, corrector: Corrector) -> dg.JobDefinition:
    says = f"{corrector.description} Shows the rows of {corrector.table} that are otherwise and what would change"

    @dg.op(name=f"rows_of_{name}", description=f"{says}; with apply: true makes the change.")
    def rows(context: dg.OpExecutionContext, config: CorrectConfig) -> None:
        context.add_output_metadata(_run(name, corrector, config.apply, f"Dagster run {context.run_id}"))

    @dg.job(
        name=f"correct_{name}",
        description=f"{says}; a dry run unless apply is true.",
        metadata={"owner": corrector.owner},
    )
    def job() -> None:
        rows()

    return job


def _run(name: str, corrector: Corrector, is_applied: bool, by: str) -> dict[str, dg.MetadataValue]:
    try:
        if is_applied:
            return shown(corrector, correct(Settings(), name, corrector, by), False, True)
        found = look(Settings(), name, corrector)
        return shown(corrector, found.rows, found.is_more, False)
    except CorrectorError as error:
        raise dg.Failure(str(error), allow_retries=False) from None


def shown(
    corrector: Corrector, rows: Sequence[Correction], is_more: bool, is_applied: bool
) -> dict[str, dg.MetadataValue]:
    columns = [*corrector.key, *(f"{column} {when}" for column in corrector.change for when in ("before", "after"))]
    cells = [
        [*each.key.values(), *(side[column] for column in corrector.change for side in (each.before, each.after))]
        for each in rows
    ]
    return {
        "applied": dg.MetadataValue.bool(is_applied),
        "rows": dg.MetadataValue.int(len(rows)),
        "more rows": dg.MetadataValue.bool(is_more),
        "change": dg.MetadataValue.md(markdown(columns, cells)),
    }


CORRECTOR_JOBS = [corrector_job(name, corrector) for name, corrector in HOUSE.config.correctors.items()]
