"""A funnel in the terminal: who came how far in a period. Counted from the attempts, never added up from days."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assets.cli import show
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.config.funnels import Funnel

app = typer.Typer()

BAR = 24  # characters of a full one

# One attempt counts for a person and value: the deepest, of equally deep ones the latest.
REACHED = """
with position as (
    select max(as_of) as as_of from published.tables where table_name = 'funnels.attempts'
),
entered as (
    select attempts.*, coalesce({value}, '(none)') as value, position.as_of
    from funnels.attempts as attempts
    cross join position
    {more}
    where attempts.funnel = $funnel and attempts.entered_at <= position.as_of
        and attempts.entered_at >= position.as_of - to_microseconds($microseconds)
),
deepest as (
    select * from entered
    qualify rank() over (
        partition by person_id, value order by deepest_step desc, entered_at desc, hold, entry_rank desc
    ) = 1
)
select value, step_number, count(*) as person_count,
    median(epoch_us(reached_at) - epoch_us(entered_at)) / 1000000 as median_seconds,
    count(*) filter (where step_number = deepest_step and step_number < $steps and open_until >= as_of) as still_open_count
from deepest
group by value, step_number
order by value, step_number"""

ENTRY = """left join journeys.actions as entry on entry.person_id = attempts.person_id
        and entry.event_number = attempts.entry_event_number and entry.action = $action"""


class NoSuchProperty(typer.BadParameter):
    """A breakdown by what the action of the first step does not keep."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one group. Ratios are null without a denominator; that of the previous step means the required one before."""

    value: str
    step_number: int
    step: str
    is_optional: bool
    person_count: int
    conversion_ratio: float | None
    first_ratio: float | None
    median_seconds: float | None
    still_open_count: int


@app.command("funnel")
def funnel_(
    name: Annotated[
        str | None, typer.Argument(help="A funnel of config/funnels.yaml; without one they are listed.")
    ] = None,
    since: Annotated[str, typer.Option(help="Entries of so long before as_of: 24h, 30d …")] = "30d",
    by: Annotated[str | None, typer.Option(help="A property that the action of the first step keeps.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as one JSON document.")] = False,
) -> None:
    """How far people come: persons by step, conversion, and how long it takes, as of the last refresh."""
    from pipelines.config import load_config

    config = load_config(Settings().config_folder)
    if name is None:
        rows = [(each, " → ".join(step.title for step in about.steps)) for each, about in config.funnels.items()]
        show.table("Funnels", ["funnel", "steps"], rows)
        return
    if name not in config.funnels:
        raise typer.BadParameter(f"no funnel '{name}'; known: {', '.join(config.funnels)}")
    funnel = config.funnels[name]
    if by is not None and by not in (kept := config.actions[funnel.steps[0].action].properties):
        raise NoSuchProperty(
            f"'{funnel.steps[0].action}' keeps no property '{by}'; it keeps {', '.join(kept) or 'none'}"
        )
    steps = steps_of(Settings().published_folder, name, funnel, _microseconds(since), by)
    if as_json:
        about = {"funnel": name, "since": since, "by": by}
        print(json.dumps(about | {"steps": [asdict(each) for each in steps]}, indent=2, ensure_ascii=False))
    else:
        _show(name, funnel, since, by, steps)


def _microseconds(since: str) -> int:
    from pipelines.config.durations import parse_duration

    try:
        return parse_duration(since)
    except ValueError as error:
        raise typer.BadParameter(f"--since {error}") from error


def steps_of(folder: Path, name: str, funnel: "Funnel", microseconds: int, by: str | None) -> list[Step]:
    """A row per value and step, all steps of each value. Errors: QueryError."""
    from pipelines.published import ask

    value = "'all'" if by is None else "json_extract_string(entry.properties, $path)"
    query = REACHED.format(value=value, more="" if by is None else ENTRY)
    asked: dict[str, Any] = {"funnel": name, "microseconds": microseconds, "steps": len(funnel.steps)}
    rows = ask(folder, query, asked | {"action": funnel.steps[0].action, "path": f'$."{by}"'})[1]
    found = {(value, number): counted for value, number, *counted in rows}
    values = sorted({value for value, _ in found}, key=lambda each: (-found[each, 1][0], each))
    return [_step(funnel, found, each, number) for each in values for number in range(1, len(funnel.steps) + 1)]


def _step(funnel: "Funnel", found: dict, value: str, number: int) -> Step:
    about = funnel.steps[number - 1]
    count, seconds, still_open = found.get((value, number), (0, None, 0))
    first = found[value, 1][0]
    required = [each for each in range(1, number) if not funnel.steps[each - 1].optional]
    before = found.get((value, required[-1]), (0,))[0] if required else None
    ratio = count / before if before else None
    title = f"{number} of {len(funnel.steps)}" if funnel.mode == "any_order" else about.title
    return Step(value, number, title, about.optional, count, ratio, count / first, seconds, still_open)


def _show(name: str, funnel: "Funnel", since: str, by: str | None, steps: list[Step]) -> None:
    from pipelines.words import duration, number

    if not steps:
        show.console.print(f"nobody entered '{name}' in the last {since}", highlight=False)
        return
    most = max(step.person_count for step in steps)
    columns = ["step", "persons", "", "of the step before", "of the first", "median time", "still open"]
    for value in dict.fromkeys(step.value for step in steps):
        title = f"{name}, entered in the last {since}" + (f", {by} = {value}" if by else "")
        rows = [
            (
                f"{each.step_number} {each.step}" + (" (optional)" if each.is_optional else ""),
                each.person_count,
                "█" * round(BAR * each.person_count / most) or "▏",
                number(each.conversion_ratio, "ratio"),
                number(each.first_ratio, "ratio"),
                duration(each.median_seconds if each.step_number > 1 else None),
                each.still_open_count,
            )
            for each in steps
            if each.value == value
        ]
        show.table(title, columns, rows)
