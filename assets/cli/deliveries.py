"""What was sent, what was not, and why: the ledger's rows, and what a person can do about them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli import show
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.ledger.deliveries import Deliveries, Delivery

app = typer.Typer(help="Reports, alerts and files that were sent, each unit with its state.", no_args_is_help=True)

Report = Annotated[str | None, typer.Option(help="Only this report.")]
Date = Annotated[str | None, typer.Option("--date", help="Only this date of the report, YYYY-MM-DD.")]
State = Annotated[str | None, typer.Option(help="Only planned, sending, sent, failed or unknown.")]
Numbers = Annotated[list[int] | None, typer.Argument(help="numbers, from `deliveries list`")]


@contextmanager
def _deliveries() -> "Iterator[Deliveries]":
    from pipelines.ledger import Ledger
    from pipelines.ledger.deliveries import Deliveries

    with closing(Ledger(Settings().ledger_address)) as ledger:
        yield Deliveries(ledger)


@app.command("list")
def list_(
    report: Report = None,
    date: Date = None,
    state: State = None,
    limit: Annotated[int, typer.Option(help="Most units to show.")] = 50,
) -> None:
    """Each thread with its units by state, and the latest units."""
    from pipelines.ledger.tables import DELIVERY_STATES

    if state is not None and state not in DELIVERY_STATES:
        raise typer.BadParameter(f"no state '{state}'; known: {', '.join(DELIVERY_STATES)}")
    with _deliveries() as deliveries:
        found = deliveries.chosen(report=report, report_date=date, state=state)
    counts = Counter((each.report, each.report_date, each.channel, each.state) for each in found)
    threads = list(dict.fromkeys((each.report, each.report_date, each.channel) for each in found))[-limit:]
    rows = [(*thread, *[counts[*thread, each] for each in DELIVERY_STATES]) for thread in threads]
    show.table("Threads", ["report", "date", "channel", *DELIVERY_STATES], rows)
    columns = ["number", "report", "date", "kind", "unit", "state", "tries", "at", "what is wrong"]
    show.table("The latest units", columns, [_row(each) for each in found[-limit:]])
    show.console.print("One of them whole: trailhouse deliveries show NUMBER")


def _row(each: "Delivery") -> tuple:
    return (
        each.delivery,
        each.report,
        each.report_date,
        each.kind,
        each.unit,
        _state(each),
        each.attempts,
        _moment(each.updated_at),
        each.error or None,
    )


def _state(each: "Delivery") -> str:
    return "failed, stopped" if each.state == "failed" and each.stopped else each.state


def _moment(micros: int) -> str:
    from pipelines.moments import utc

    return utc(micros).strftime("%Y-%m-%d %H:%M:%S")


TODO = {
    "planned": "the report's next run sends it",
    "sending": "a run is at it, or died there: the next one looks whether it arrived",
    "sent": "nothing; `trailhouse deliveries forget` lets it be sent again",
    "failed": "the report's next run tries it again",
    "failed, stopped": "mend what is wrong, then `trailhouse deliveries retry`",
    "unknown": "the next run looks whether it arrived, where it can; if you see it there: `confirm`; if it is not: `forget`",
}


@app.command("show")
def show_(number: Annotated[int, typer.Argument(help="number, from `deliveries list`")]) -> None:
    """One unit: everything known of it, and what to do."""
    with _deliveries() as deliveries:
        (each,) = _numbered(deliveries, [number])
    names = (
        "report",
        "report_date",
        "channel",
        "kind",
        "unit",
        "person",
        "reference",
        "marker",
        "content_hash",
        "error",
    )
    rows = [(name.replace("_", " "), getattr(each, name) or None) for name in names]
    rows += [("state", _state(each)), ("tries", str(each.attempts))]
    rows += [("planned at (UTC)", _moment(each.planned_at)), ("updated at (UTC)", _moment(each.updated_at))]
    show.table(f"Delivery {number}", ["field", "value"], [*rows, ("what to do", TODO[_state(each)])])


@app.command()
def retry(numbers: Numbers = None, report: Report = None, date: Date = None) -> None:
    """Let what was refused for good be tried again by the report's next run, once its cause is mended."""
    with _deliveries() as deliveries:
        chosen = _chosen(deliveries, numbers, report, date)
        done = deliveries.retry(chosen)
    show.console.print(f"tried again by the report's next run: {done} of {len(chosen)} units")


@app.command()
def confirm(numbers: Numbers = None, report: Report = None, date: Date = None) -> None:
    """Say that what is unknown has arrived, after a look: it is sent then, and what waits for it goes on."""
    with _deliveries() as deliveries:
        chosen = _chosen(deliveries, numbers, report, date)
        done = deliveries.confirm(chosen)
    show.console.print(f"sent: {done} of {len(chosen)} units were unknown")


@app.command()
def forget(
    numbers: Numbers = None,
    report: Report = None,
    date: Date = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Let units be sent again on purpose, also where they arrived. With --report and --date: a whole thread."""
    with _deliveries() as deliveries:
        chosen = _chosen(deliveries, numbers, report, date)
        show.table("To be sent again", ["number", "unit", "state"], [(e.delivery, e.unit, _state(e)) for e in chosen])
        if chosen and not yes:
            typer.confirm(
                "The report's next run sends these again, whether they arrived or not. Forget them?", abort=True
            )
        done = deliveries.forget(chosen)
    show.console.print(f"forgotten: {done}; of a parent, the replies stay where they were sent")


def _chosen(
    deliveries: "Deliveries", numbers: list[int] | None, report: str | None, date: str | None
) -> "list[Delivery]":
    if numbers:
        return _numbered(deliveries, numbers)
    if report is None:
        raise typer.BadParameter("name units by their numbers, or a report by --report (and --date)")
    return deliveries.chosen(report=report, report_date=date)


def _numbered(deliveries: "Deliveries", numbers: list[int]) -> "list[Delivery]":
    found = deliveries.numbered(numbers)
    missing = sorted(set(numbers) - {each.delivery for each in found})
    if missing:
        raise typer.BadParameter(f"no delivery has the number {missing[0]}; see `trailhouse deliveries list`")
    return found
