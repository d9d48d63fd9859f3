"""The fictional platform: simulate it, and run the whole house on it."""

import json
import os
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from assets.cli import show
from pipelines.moments import micros
from pipelines.settings import Settings

app = typer.Typer()

DAYS, USERS, SEED = 30, 2000, 7
REPORTED = ("morning", "stages", "weekly_funnel")
WATCHED_DAYS = 14


@app.command("simulate")
def simulate_(
    days: Annotated[int, typer.Option(help="How many days.")] = DAYS,
    users: Annotated[int, typer.Option(help="How many members; visitors, staff and bots come on top.")] = USERS,
    seed: Annotated[int, typer.Option(help="Another seed, another history.")] = SEED,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last date; default: as the demo.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option(help="Folder that gets web/, backend/ and jobs/; default: inbox.")
    ] = None,
) -> None:
    """Write a fictional product's events; beside the data its database of projects, and the truth about both."""
    settings = Settings()
    last = until.date() if until else _until(settings)
    _simulate(settings, days, users, seed, last, into or settings.inbox_root / "inbox")


def _until(settings: Settings) -> date:
    from simulator.demo import demo_until

    return demo_until(settings.data_folder / "demo.json", _zone(settings))


def _zone(settings: Settings) -> str:
    from pipelines.config import load_config

    return load_config(settings.config_folder).house.report_timezone


def _simulate(settings: Settings, days: int, users: int, seed: int, until: date, into: Path) -> None:
    from simulator import SimulationError, batches, simulate

    truth = settings.data_folder / "truth"
    wanted = {
        "days": days,
        "users": users,
        "seed": seed,
        "until": until.isoformat(),
        "timezone": _zone(settings),
    }
    if _made_before(truth, wanted) and batches(into):
        show.console.print(f"{into} holds this simulation already")
        return
    with show.progress(f"simulating {days} days", users) as bar:

        def watch(done: int, total: int) -> None:
            bar.update(bar.task_ids[0], completed=done, total=total)

        try:
            made = simulate(days, users, seed, until, into, _zone(settings), truth, watch)
        except SimulationError as error:
            raise typer.BadParameter(str(error)) from error
    show.console.print(f"{made.records:,} records in {made.files} files under {into}, the truth about them in {truth}")


def _made_before(truth: Path, wanted: dict) -> bool:
    totals = truth / "totals.json"
    return totals.exists() and json.loads(totals.read_text()).get("arguments") == wanted


@app.command()
def demo() -> None:
    """Simulate 30 days of a small product, read them hour by hour, build every table, and show what came of it."""
    settings = Settings()
    os.chdir(settings.home)  # dagster.yaml keeps its history relative to here
    inbox = settings.inbox_root / "inbox"
    _simulate(settings, DAYS, USERS, SEED, _until(settings), inbox)
    _feed(settings, inbox)
    _build(settings)
    _watch(settings)
    _report(settings)
    _draw(settings)
    _summary(settings)


def _feed(settings: Settings, inbox: Path) -> None:
    """One batch for each received hour (earlier: day), as it would have come."""
    from pipelines.warehouse import load_house, open_warehouse
    from pipelines.work import new_tasks, read, tasks_of
    from simulator import batches

    with open_warehouse(settings, load_house(settings)) as warehouse:
        new = {task.path for task in new_tasks(warehouse, settled=False)}
        waiting = [(as_of, [path for path in paths if path in new]) for as_of, paths in batches(inbox)]
        waiting = [(as_of, paths) for as_of, paths in waiting if paths]
        with show.progress(f"reading {len(waiting)} batches", len(waiting)) as bar:
            for as_of, paths in waiting:
                read(warehouse, tasks_of(warehouse, paths), as_of=micros(as_of))
                bar.advance(bar.task_ids[0])


def _build(settings: Settings) -> None:
    """The main job, as a Dagster run, so that its history is there when the UI opens."""
    from pipelines.house import HOUSE
    from pipelines.published import is_up_to_date

    if is_up_to_date(settings, HOUSE):
        show.console.print("every table stands at the ledger's position")
        return
    with show.console.status("building every table: the job `refresh`"):
        _run_refresh(settings)


def _run_refresh(settings: Settings) -> None:
    from contextlib import closing

    import dagster as dg

    from pipelines.definitions import defs
    from pipelines.ledger import Ledger
    from pipelines.orchestration.runs import note_runs

    quiet = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}
    with dg.DagsterInstance.from_config(str(settings.home)) as instance:
        defs.resolve_job_def("refresh").execute_in_process(instance=instance, run_config=quiet)
        with closing(Ledger(settings.ledger_address)) as ledger:
            note_runs(instance, ledger)  # with its end, which what it published cannot know


def _watch(settings: Settings) -> None:
    """The alerts of the last fortnight, as a look after each of its batches would have told them."""
    from assets.alerts.past import look_back, moments
    from pipelines.monitors.work import send_notes
    from pipelines.published import publish
    from pipelines.warehouse import load_house, open_warehouse
    from simulator.project_versions import projects_then

    with open_warehouse(settings, load_house(settings)) as warehouse:
        looks = moments(warehouse, WATCHED_DAYS)
        with (
            show.progress(f"watching {WATCHED_DAYS} days", len(looks)) as bar,
            projects_then(f"sqlite:///{settings.data_folder / 'projects.sqlite'}") as projects,
        ):
            for _ in look_back(warehouse, looks, {"projects": projects}):
                bar.advance(bar.task_ids[0])
        if looks:
            publish(warehouse)  # what they saw is public too
    with show.console.status("sending what the monitors said"):
        send_notes(settings, _zone(settings), seconds=600)


def _report(settings: Settings) -> None:
    """The reports of the last day, as they would have gone out the morning after, and of the last week."""
    from assets.cli.report import last_day, make
    from pipelines.config import load_config
    from pipelines.reports.work import Desk

    config = load_config(settings.config_folder)
    for name in REPORTED:
        desk = Desk(settings, config, name, last_day(settings, config.reports[name].every))
        if not desk.folder.exists():
            make(desk)


def _draw(settings: Settings) -> None:
    """What the dashboards show, as one page; the run above drew it before the monitors had looked."""
    from assets.dashboards.page import write
    from pipelines.config import load_config

    write(settings, load_config(settings.config_folder).house)


def _told(settings: Settings) -> list[tuple[str, int, int]]:
    """(monitor, incidents, those of them that are over by now)"""
    from contextlib import closing

    from pipelines.ledger import Ledger
    from pipelines.ledger.alerts import Alerts

    with closing(Ledger(settings.ledger_address)) as ledger:
        return Alerts(ledger).told()


LAST_DAY = """select source, event_count, person_count, new_person_count, session_count, median_session_seconds
from metrics.daily where local_date = (select max(local_date) from metrics.daily where source = 'all')
order by source"""
STAGES = """select stage, standing_count, entry_count, exit_count from metrics.stages
where local_date = (select max(local_date) from metrics.daily where source = 'all') order by standing_count desc, stage"""
TOTALS = """select (select sum(new_person_count) from metrics.daily where source = 'all'),
(select count(*) from journeys.sessions),
(select max(local_date) from metrics.daily where source = 'all')"""


def _summary(settings: Settings) -> None:
    from assets.cli.quarantine import refused_by_reason
    from pipelines.published import ask

    persons, sessions, last_date = ask(settings.published_folder, TOTALS)[1][0]
    show.ingested(settings)
    show.refused(refused_by_reason())
    show.table("People", ["persons", "sessions"], [(persons, sessions)])
    columns = ["source", "events", "persons", "new persons", "sessions", "median seconds"]
    show.table(f"The last day, {last_date}", columns, ask(settings.published_folder, LAST_DAY)[1])
    show.table("Stages at its end", ["stage", "standing", "came", "left"], ask(settings.published_folder, STAGES)[1])
    show.console.print(
        "The last reports, as Slack would show them, with their PDFs (docs/slack.md says how they are sent):"
    )
    for page in sorted(settings.outbox_folder.glob("*/*/index.html")):
        if page.parent.name != "alerts":
            show.console.print(f"      {page}", highlight=False, soft_wrap=True)
    show.table(f"Told in the last {WATCHED_DAYS} days", ["monitor", "told", "over"], _told(settings))
    show.console.print(
        f"Each as Slack would show it: {settings.outbox_folder}/<date>/alerts/index.html", highlight=False
    )
    show.console.print(
        "What the dashboards show, without a Grafana (docs/grafana.md says how to start one):", highlight=False
    )
    show.console.print(f"      {settings.data_folder / 'overview.html'}", highlight=False, soft_wrap=True)
    show.console.print("Next: [bold]make ui[/bold] opens Dagster with the graph of these tables;", highlight=False)
    show.console.print("      [bold].venv/bin/trailhouse query 'from metrics.daily'[/bold] asks them;", highlight=False)
    show.console.print(
        "      [bold].venv/bin/trailhouse funnel onboarding[/bold] shows how far people come;", highlight=False
    )
    show.console.print(
        "      [bold].venv/bin/trailhouse person u-000333[/bold] shows one of them, and all that they did;",
        highlight=False,
    )
    show.console.print(
        "      [bold].venv/bin/trailhouse quarantine list[/bold] shows what was refused, and why;", highlight=False
    )
    show.console.print(
        "      [bold].venv/bin/trailhouse monitors list[/bold] shows what is watched, and what fires.", highlight=False
    )
