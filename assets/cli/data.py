"""Read the inbox, bring tables up to date, rebuild them, ask the published copy."""

from typing import Annotated

import typer

from assets.cli import show
from pipelines.settings import Settings

app = typer.Typer()


@app.command()
def ingest(
    source: Annotated[str | None, typer.Option(help="Only this source of config/sources.yaml.")] = None,
    wait_until_settled: Annotated[bool, typer.Option(help="Leave files that were changed a moment ago.")] = True,
) -> None:
    """Read what is new in the inbox into the lake, as one batch."""
    from pipelines.warehouse import load_house, open_warehouse
    from pipelines.work import new_tasks, read

    settings = Settings()
    house = load_house(settings)
    known = house.config.read_sources
    if source is not None and source not in known:
        raise typer.BadParameter(f"no source '{source}'; known: {', '.join(known)}")
    with open_warehouse(settings, house) as warehouse:
        tasks = new_tasks(warehouse, source, wait_until_settled)
        with show.progress(f"reading {len(tasks)} files", sum(task.size for task in tasks)) as bar:
            batch = read(warehouse, tasks, on_progress=lambda done, _total: show.advance_to(bar, done))
    counts = batch.counts
    columns = ["batch", "files", "records in", "accepted", "same again", "conflicts", "refused", "blank"]
    row = [batch.batch or "none", len(batch.files), counts.records_in, counts.accepted, counts.duplicate_same]
    show.table("Ingest", columns, [[*row, counts.duplicate_conflict, counts.quarantined, counts.blank]])
    if batch.failures:
        show.table(
            "Files refused",
            ["file", "reason", "what"],
            [(f.path, f.reason, f.detail) for f in batch.failures],
        )


@app.command()
def refresh() -> None:
    """Bring every table up to the ledger, and publish."""
    _bring_up(full=False)


@app.command()
def rebuild() -> None:
    """Build every table from nothing out of the lake and the ledger, and publish."""
    _bring_up(full=True)


def _bring_up(full: bool) -> None:
    from pipelines.warehouse import load_house, open_warehouse
    from pipelines.work import run_all

    settings = Settings()
    house = load_house(settings)
    with open_warehouse(settings, house) as warehouse, show.progress("refreshing", len(house.models)) as bar:
        done = run_all(
            warehouse,
            full,
            watch=lambda each: bar.update(bar.task_ids[0], advance=1, description=each.model.name),
        )
    show.refreshed(done)


EXCLUDED = """select rule, kind, event_count, person_count, first_date, last_date from metrics.excluded
order by event_count desc, rule"""


@app.command()
def exclude() -> None:
    """What each rule of config/exclude.yaml took out, as of the last refresh."""
    from pipelines.published import ask

    show.table(
        "Excluded",
        ["rule", "kind", "events", "persons", "first", "last"],
        ask(Settings().published_folder, EXCLUDED)[1],
    )
    show.console.print("By day: trailhouse query 'from metrics.excluded_daily'")


@app.command()
def query(
    text: Annotated[str, typer.Argument(metavar="SELECT", help="e.g. 'select * from metrics.daily'")],
) -> None:
    """Ask the published tables; never waits for a writer."""
    from pipelines.published import ask

    columns, rows = ask(Settings().published_folder, text)
    show.table("", columns, rows)
