"""Correctors by hand: what is wrong in an outside database, what would change, and the change."""

import getpass
from typing import Annotated

import typer

from assets.cli import show
from pipelines.settings import Settings

app = typer.Typer()


@app.command()
def correct(
    name: Annotated[
        str | None, typer.Argument(help="A corrector of config/correctors.yaml; without one they are listed.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Make the change; without it nothing is written.")] = False,
) -> None:
    """Show which rows of an outside database are wrong and what would change; with --apply, change them."""
    from pipelines.config import load_config
    from pipelines.correctors import correct as make
    from pipelines.correctors import look

    settings = Settings()
    correctors = load_config(settings.config_folder).correctors
    if name is None:
        rows = [(each, about.database, about.table, about.owner) for each, about in correctors.items()]
        show.table("Correctors", ["corrector", "database", "table", "owner"], rows)
        return
    if name not in correctors:
        raise typer.BadParameter(f"no corrector '{name}'; known: {', '.join(correctors)}")
    corrector = correctors[name]
    if apply:
        done = make(settings, name, corrector, f"trailhouse correct by {getpass.getuser()}")
        _show(list(corrector.key), done)
        show.console.print(f"changed, each with its row in {corrector.audit}" if done else "nothing was to be changed")
        return
    found = look(settings, name, corrector)
    _show(list(corrector.key), found.rows)
    if found.is_more:
        show.console.print(f"and more: {corrector.most} is the most that is changed at once")
    show.console.print("nothing was changed; --apply makes the change")


def _show(keys: list[str], rows: list) -> None:
    cells = [
        [*each.key.values(), column, each.before[column], after]
        for each in rows
        for column, after in each.after.items()
    ]
    show.table(f"{len(rows)} rows", [*keys, "column", "before", "after"], cells)
