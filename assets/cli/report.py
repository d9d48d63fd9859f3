"""Reports by hand: the numbers of a date, its pages, and what was not sent yet."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli import show
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.reports.work import Desk

app = typer.Typer()


@app.command()
def report(
    name: Annotated[
        str | None, typer.Argument(help="A report of config/reports.yaml; without one they are listed.")
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option(
            "--date", formats=["%Y-%m-%d"], help="Local date; of a weekly one any of its week; default: the last whole."
        ),
    ] = None,
    again: Annotated[bool, typer.Option(help="Send once more what was sent already.")] = False,
) -> None:
    """Take a report's numbers, draw its pages, send what was not sent yet."""
    from pipelines.reports.work import Desk
    from pipelines.warehouse import load_house

    settings = Settings()
    config = load_house(settings).config
    if name is None:
        rows = [(each, about.every, f"{about.at:%H:%M}", about.title) for each, about in config.reports.items()]
        show.table("Reports", ["report", "every", "at", "title"], rows)
        return
    if name not in config.reports:
        raise typer.BadParameter(f"no report '{name}'; known: {', '.join(config.reports)}")
    every = config.reports[name].every
    make(Desk(settings, config, name, first_of(day.date(), every) if day else last_day(settings, every)), again)


def last_day(settings: Settings, every: str) -> date:
    """The last local date with an event; of a weekly report the Monday of the last week that is whole."""
    from pipelines.published import ask

    last = ask(settings.published_folder, "select max(local_date) from metrics.daily where source = 'all'")[1][0][0]
    if last is None:
        raise typer.BadParameter("there is no event yet, so there is nothing to report")
    return last - timedelta(days=6 + (last.weekday() + 1) % 7) if every == "week" else last


def first_of(day: date, every: str) -> date:
    """The date that a report is called by: of a weekly one the Monday of the week."""
    return day - timedelta(days=day.weekday()) if every == "week" else day


def make(desk: "Desk", again: bool = False) -> None:
    """The whole way of one report, and what came of it."""
    from pipelines.reports.work import draw_pages, send, take_numbers

    with show.console.status(f"{desk.report.title}, {desk.day}"):
        take_numbers(desk)
        drawn = draw_pages(desk)
        outcomes = send(desk, again)
    sent = sum(each.sent_now for each in outcomes)
    there = sum(each.counts.get("sent", 0) for each in outcomes) - sent
    show.console.print(
        f"{desk.report.title}, {desk.day}: {len(outcomes)} messages, {len(drawn.page_counts)} PDFs "
        f"of {sum(drawn.page_counts.values())} pages, {sent} parts sent now, {there} before",
        highlight=False,
    )
    if changed := sum(each.changed for each in outcomes):
        show.console.print(
            f"  {changed} of those sent before would say something else now; --again sends them once more"
        )
    for problem in [*drawn.failures.values(), *(each for outcome in outcomes for each in outcome.problems)]:
        show.console.print(f"  {problem}", highlight=False, markup=False)
