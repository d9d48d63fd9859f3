"""Monitors by hand: what fires, a test message, silences and acknowledgements."""

import getpass
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli import show
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.config import Config
    from pipelines.config.monitors import Monitor
    from pipelines.ledger.alerts import Alerts, Note, Transition

app = typer.Typer(help="What is watched, what fires, and what is said of it.", no_args_is_help=True)

Author = Annotated[str, typer.Option("--by", help="Who says so; default: the user.", default_factory=getpass.getuser)]


@contextmanager
def _alerts() -> "Iterator[tuple[Config, Alerts]]":
    from pipelines.config import load_config
    from pipelines.ledger import Ledger
    from pipelines.ledger.alerts import Alerts

    settings = Settings()
    config = load_config(settings.config_folder)
    with closing(Ledger(settings.ledger_address)) as ledger:
        yield config, Alerts(ledger)


@app.command("list")
def list_() -> None:
    """Every monitor with its state, and what fires."""
    with _alerts() as (config, alerts):
        lasting = [name for name, each in config.monitors.items() if not each.what.is_each]
        told = [each for each in alerts.states(lasting, TROUBLE) if each.state in TOLD]
        looks, incidents = alerts.looks(), list(alerts.open_notes().values())
        acknowledged = alerts.acknowledged()
        rows = [
            (
                name,
                each.severity,
                _state(name, each, told),
                looks[name].looked_at if name in looks else None,
                each.owner,
            )
            for name, each in config.monitors.items()
        ]
    columns = ["monitor", "severity", "state", "looked at (UTC)", "owner"]
    show.table("Monitors", columns, [(*row[:3], _moment(row[3]), row[4]) for row in rows])
    columns = ["monitor", "labels", "state", "since (UTC)", "value", "why"]
    show.table("Firing", columns, [_told_row(each) for each in told])
    columns = ["incident", "monitor", "said last", "at (UTC)", "acknowledged by"]
    rows = [(e.incident, e.monitor, e.kind, _moment(e.decided_at), acknowledged.get(e.incident)) for e in incidents]
    show.table("Open incidents", columns, rows)


TOLD, TROUBLE = (
    ("firing", "no_data", "error"),
    '{"trouble": "query"}',
)  # as pipelines.monitors has them, without its imports


def _state(name: str, monitor: "Monitor", told: "list[Transition]") -> str:
    if monitor.what.database is not None and not Settings().has_database(monitor.what.database):
        return "not set up"
    states = {each.state for each in told if each.monitor == name}
    return next((state for state in ("error", "no_data", "firing") if state in states), "quiet")


def _told_row(each: "Transition") -> tuple:
    return (each.monitor, each.labels, each.state, _moment(each.changed_at), each.value, each.reason or None)


def _moment(micros: int | None) -> str | None:
    from pipelines.moments import utc

    return None if micros is None else utc(micros).strftime("%Y-%m-%d %H:%M:%S")


Name = Annotated[str, typer.Argument(help="a monitor of config/monitors.yaml")]


@app.command()
def test(name: Name) -> None:
    """Send a marked test message the whole way: it fires, and is resolved."""
    from pipelines.moments import now
    from pipelines.monitors.links import Links
    from pipelines.monitors.messages import Voice
    from pipelines.monitors.rehearse import fire, resolve
    from pipelines.monitors.work import send_notes

    settings = Settings()
    with _alerts() as (config, alerts):
        _known(name, config)
        zone = config.house.report_timezone
        note = fire(alerts, Voice(zone, Links.of(settings)), name, config.monitors[name], now())
        problems = send_notes(settings, zone).problems
        resolve(alerts, note, now())
        problems += send_notes(settings, zone).problems
        is_sent = all(each.is_sent for each in alerts.of_incident(note.incident))
    _tell(note, is_sent, problems)


def _tell(note: "Note", is_sent: bool, problems: list[str]) -> None:
    where = ", ".join(json.loads(note.channels))
    show.console.print(f"test {note.incident}: {'sent to' if is_sent else 'not sent yet to'} {where}", highlight=False)
    for problem in dict.fromkeys(problems):
        show.console.print(f"  {problem}", highlight=False, markup=False)
    if not is_sent:
        show.console.print("The next minute tries again; see trailhouse deliveries list")
        raise typer.Exit(1)


def _known(name: str, config: "Config") -> None:
    if name not in config.monitors:
        raise typer.BadParameter(f"no monitor '{name}'; known: {', '.join(config.monitors)}")


@app.command()
def silence(
    name: Annotated[str, typer.Argument(help="a monitor of config/monitors.yaml, or * for all")],
    reason: Annotated[str, typer.Option(help="Why.")],
    author: Author,
    labels: Annotated[
        list[str] | None, typer.Option("--label", help="Only instances with name=value; repeatable.")
    ] = None,
    duration: Annotated[str, typer.Option("--for", help="How long: 30m, 2h, 1d.")] = "1h",
) -> None:
    """Say nothing new of a monitor for a while; that something is over is said."""
    from pipelines.config.durations import parse_duration
    from pipelines.ledger.alerts import Silence
    from pipelines.moments import now

    pairs = [each.partition("=") for each in labels or ()]
    if wrong := [each[0] for each in pairs if not each[1]]:
        raise typer.BadParameter(f"--label {wrong[0]}: write name=value")
    try:
        ends_at = now() + parse_duration(duration)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    wanted = json.dumps({key: value for key, _, value in pairs}, sort_keys=True)
    with _alerts() as (config, alerts):
        if name != "*":
            _known(name, config)
        alerts.silence(Silence(name, wanted, now(), ends_at, author, reason))
    show.console.print(f"{name} {wanted} is silent until {_moment(ends_at)} UTC", highlight=False, markup=False)


@app.command()
def ack(
    incident: Annotated[
        str, typer.Argument(help="an incident of `monitors list`, or a monitor: all of it that is open")
    ],
    author: Author,
) -> None:
    """Somebody is at it: what fires is not repeated until it is over."""
    from pipelines.moments import now

    with _alerts() as (_, alerts):
        chosen = [each.incident for each in alerts.open_notes().values() if incident in (each.incident, each.monitor)]
        if not chosen:
            raise typer.BadParameter(f"nothing open is called '{incident}'; see `trailhouse monitors list`")
        for each in chosen:
            alerts.acknowledge(each, author, now())
    show.console.print(f"acknowledged by {author}: {', '.join(chosen)}", highlight=False)
