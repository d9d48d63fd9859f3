"""The `trailhouse` command: collects the groups of assets/cli and turns known errors into one line and an exit code."""

import sys

import typer
from pydantic import ValidationError
from rich.console import Console

from assets.cli import data, demo, quarantine, upkeep
from pipelines.errors import TrailhouseError

app = typer.Typer(
    help="An event-sourced warehouse of user journeys that one person can run.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for group in (data.app, demo.app, upkeep.app):
    app.registered_commands += group.registered_commands
app.add_typer(quarantine.app, name="quarantine")


def main() -> None:
    """Runs the command. A mistake of the user ends with exit code 1 and the message, never with a traceback."""
    try:
        app()
    except (TrailhouseError, ValidationError) as error:  # the latter: a wrong TRAILHOUSE_ variable
        Console(stderr=True, soft_wrap=True, highlight=False).print("error:", str(error), markup=False)
        sys.exit(1)
