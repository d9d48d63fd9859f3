"""Grafana's files by hand: made again after a dashboard, an alert rule or the report zone changed; or sent to a Grafana."""

from typing import Annotated

import typer

from assets.cli import show
from pipelines.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Dashboards and alert rules for Grafana: docs/grafana.md.")


@app.command()
def build(
    check: Annotated[
        bool, typer.Option(help="Change nothing; exit code 1 when a file is not what it would become.")
    ] = False,
) -> None:
    """Write grafana/ anew out of assets/dashboards and config."""
    from assets.dashboards.boards import files_of
    from pipelines.config import load_config
    from pipelines.grafana.files import differing, write

    settings = Settings()
    made = files_of(load_config(settings.config_folder).house)
    stale = differing(settings.home, made)
    for path in stale:
        show.console.print(path, highlight=False, soft_wrap=True)
    if check and stale:
        raise typer.Exit(1)
    if not check:
        write(settings.home, made)
    show.console.print(f"{len(made)} files, {len(stale)} of them {'written' if stale else 'to write'}", highlight=False)


@app.command()
def push(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Remove what was pushed once and is no longer ours.")] = False,
    secrets: Annotated[
        bool, typer.Option("--secrets", help="Send the data source's password again, which Grafana does not show.")
    ] = False,
) -> None:
    """Make the Grafana at TRAILHOUSE_GRAFANA_URL have data source, dashboards and alert rules; what is so already is not sent."""
    from assets.dashboards.wanted import push_to
    from pipelines.grafana.push import Options

    done = push_to(Settings(), Options(dry_run, prune, secrets))
    rows = [(each.kind, each.uid, each.what, each.note) for each in done]
    show.table("Would be pushed" if dry_run else "Pushed", ["kind", "uid", "what", "note"], rows, broken=["note"])
