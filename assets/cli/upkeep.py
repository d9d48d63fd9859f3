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


def _row(done) -> list:
    sizes = [sum(each.bytes for each in done.old), done.new.bytes]
    return [done.new.kind, done.new.received_date, len(done.old), done.new.rows, *sizes]
