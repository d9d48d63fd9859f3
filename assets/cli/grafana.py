"""Grafana's files by hand: made again after a dashboard, an alert rule or the report zone changed."""

from typing import Annotated

import typer

from assets.cli import show
from pipelines.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Dashboards and alert rules for Grafana: docs/grafana.md.")


@app.callback()
def grafana() -> None:
    """A group, also while it has one command only."""


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
