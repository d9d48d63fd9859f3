"""The `trailhouse` command: collects the groups of assets/cli and turns known errors into one line and an exit code."""

import errno
import os
import sys

import typer
from pydantic import ValidationError
from rich.console import Console

from assets.cli import correct, data, deliveries, demo, funnel, grafana, monitors, person, quarantine, report, upkeep
from pipelines.errors import TrailhouseError

DISK_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
DISK_WORDS = (*map(os.strerror, DISK_ERRNOS), "fsync failed")

app = typer.Typer(
    help="An event-sourced warehouse of user journeys that one person can run.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for group in (data.app, correct.app, demo.app, funnel.app, person.app, report.app, upkeep.app):
    app.registered_commands += group.registered_commands
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(monitors.app, name="monitors")
app.add_typer(grafana.app, name="grafana")


def main() -> None:
    """Runs the command. A mistake of the user, or a disk that fails, ends with exit code 1 and one line, not a traceback."""
    try:
        app()
    except (TrailhouseError, ValidationError) as error:  # the latter: a wrong TRAILHOUSE_ variable
        _tell(str(error))
    except Exception as error:
        if not _is_of_the_disk(error):
            raise
        _tell(f"{error}; what was not acknowledged did not happen: make room or mend the disk, and run it again")


def _is_of_the_disk(error: Exception) -> bool:
    """The engine's own errors carry no number, only the system's words, and of a failed fsync not even those."""
    said = str(error)
    return getattr(error, "errno", None) in DISK_ERRNOS or any(words in said for words in DISK_WORDS)


def _tell(what: str) -> None:
    Console(stderr=True, soft_wrap=True, highlight=False).print("error:", what, markup=False)
    sys.exit(1)
