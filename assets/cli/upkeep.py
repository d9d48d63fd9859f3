"""Keep the lake well: one segment a closed day, and a look at every byte."""

from typing import Annotated

import typer

from assets.cli import show
from pipelines.settings import Settings

app = typer.Typer()


@app.command()
def compact(
    days: Annotated[
        int | None, typer.Option(min=0, help="Received days that lie further back than this; default: the setting.")
    ] = None,
) -> None:
    """Make one segment of each closed received day; no row changes."""
    from pipelines.upkeep.compact import compact as compact_lake
    from pipelines.warehouse import open_lake

    settings = Settings()
    after = settings.compact_after_days if days is None else days
    with open_lake(settings) as ledger, show.progress("compacting", 1) as bar:
        watch = lambda done, total: bar.update(bar.task_ids[0], completed=done, total=total)  # noqa: E731
        done = compact_lake(settings.lake_folder, ledger, after, settings.keep_replaced_hours, watch)
    columns = ["kind", "received", "segments", "rows", "bytes before", "bytes"]
    show.table("Compacted", columns, [_row(each) for each in done])


@app.command()
def scrub(
    strike: Annotated[
        bool, typer.Option(help="Give up damaged segments whose inbox files are all there, and read those again.")
    ] = False,
) -> None:
    """Hash every segment again and compare it with the ledger; exit code 1 when something is wrong."""
    from pipelines.upkeep.scrub import scrub as scrub_lake

    settings = Settings()
    with show.progress("scrubbing", 1) as bar:
        watch = lambda done, total: bar.update(bar.task_ids[0], completed=done, total=total)  # noqa: E731
        found = scrub_lake(settings, watch)
    show.console.print(f"{found.segments:,} segments, {found.bytes:,} bytes looked at")
    if not found.is_complete:
        show.console.print("somebody wrote meanwhile, so unknown files were not looked for")
    if found.findings:
        show.table("Wrong", ["file", "what", "what to do"], [(f.path, f.what, f.do) for f in found.findings])
        if strike:
            _strike(settings, found.findings)
        raise typer.Exit(1)


def _strike(settings: Settings, findings: list) -> None:
    from pipelines.upkeep.strike import strike
    from pipelines.warehouse import load_house

    batch = strike(settings, load_house(settings), findings)
    if batch is None:
        show.console.print("nothing was struck: no damaged segment has all its inbox files")
        return
    said = (
        f"batch {batch.batch} read {batch.counts.records_in:,} records again, {batch.counts.accepted:,} became events"
    )
    show.console.print(f"{said}; `trailhouse refresh` builds the tables anew")


def _row(done) -> list:
    sizes = [sum(each.bytes for each in done.old), done.new.bytes]
    return [done.new.kind, done.new.received_date, len(done.old), done.new.rows, *sizes]
