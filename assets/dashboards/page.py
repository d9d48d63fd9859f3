"""data/overview.html: what the dashboards show, for whoever has no Grafana. A static page of the same queries, drawn as SVG.

It speaks of the 30 days up to the last batch, whenever it is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from assets.dashboards.parts import STAGE_COLOURS
from pipelines.config import House
from pipelines.grafana.asking import asked, chosen
from pipelines.grafana.engines import DUCKDB
from pipelines.grafana.macros import Range
from pipelines.house import HOUSE
from pipelines.lake import write_durably
from pipelines.orchestration.tables import POOL
from pipelines.pdf.html import fill
from pipelines.pdf.parts import Column, Step, Table, Tile
from pipelines.published import ask
from pipelines.settings import Settings
from pipelines.words import median, minute

DAYS = timedelta(days=30)
TILES = ("Page views", "Sessions", "New persons", "Signed up", "Deployments that went well")
WEEKLY = {"grain": "week"}
KINDS = {"percentunit": "ratio", "s": "seconds", "locale": "count"}
TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True)
class Shown:
    """A panel and what it answers; values: of the dashboard's variables."""

    panel: Mapping[str, Any]
    values: Mapping[str, str]
    columns: list[str]
    rows: list[tuple]

    @property
    def title(self) -> str:
        return self.panel["title"]

    @property
    def note(self) -> str:
        return self.panel["description"]

    def column(self, name: str) -> list[Any]:
        at = self.columns.index(name)
        return [row[at] for row in self.rows]


class Reader:
    """Asks panels by dashboard and title. Errors: QueryError, KeyError."""

    def __init__(self, folder: Path, house: House, span: Range) -> None:
        from assets.dashboards.boards import boards_of

        self._folder, self._span = folder, span
        self._boards = boards_of(house, DUCKDB)

    def shown(self, board: str, title: str, values: Mapping[str, str] | None = None) -> Shown:
        made = self._boards[board]
        [panel] = [each for each in made["panels"] if each["title"] == title]
        all_values = chosen(made, DUCKDB, lambda sql: ask(self._folder, sql)[1], self._span, values)
        sql = asked(DUCKDB, panel["targets"][0]["rawSql"], all_values, self._span)
        return Shown(panel, all_values, *ask(self._folder, sql))


def path_of(settings: Settings) -> Path:
    return settings.data_folder / "overview.html"


def write(settings: Settings, house: House) -> Path:
    """Returns where the page is. Errors: QueryError before the first publish."""
    path = path_of(settings)
    write_durably(path, page_of(settings.published_folder, house).encode())
    return path


def page_of(folder: Path, house: House) -> str:
    until = ask(folder, "select max(as_of) from published.tables")[1][0][0]
    zone = house.report_timezone
    if until is None:
        return fill("overview", "overview.html", {"until": None}, TEMPLATES)
    last = until.replace(tzinfo=UTC)
    read = Reader(folder, house, Range(last - DAYS, last))
    return fill(
        "overview", "overview.html", {"until": minute(last, zone), "zone": zone} | _values(read, zone), TEMPLATES
    )


def _values(read: Reader, zone: str) -> dict[str, Any]:
    steps, stages = read.shown("funnel", "Step by step"), read.shown("stages", "Persons by stage")
    retention = read.shown("stages", "Who comes back, by cohort", WEEKLY)
    freshness, firing = (read.shown("overview", title) for title in ("How fresh each source is", "What is firing"))
    return {
        "tiles": [_tile(read.shown("overview", title)) for title in TILES],
        "before": _table(read.shown("overview", "The last date against before"), zone),
        "far": read.shown("funnel", "How far they come"),
        "funnel": _funnel(steps),
        "stages": stages,
        "histories": [stages.column(name) for name in STAGE_COLOURS],
        "colours": STAGE_COLOURS,
        "standing": dict(read.shown("overview", "Where persons stand").rows),
        "retention": retention,
        "cohorts": _matrix(retention),
        "freshness": freshness,
        "sources": _table(freshness, zone),
        "firing": firing,
        "alerts": _table(firing, zone),
    }


def _tile(shown: Shown) -> Tile:
    history = shown.column(shown.columns[-1])
    known = history or [None]
    kind = KINDS[shown.panel["fieldConfig"]["defaults"]["unit"]]
    before = known[-2] if len(known) > 1 else None
    return Tile(shown.title, known[-1], before, median(known[:-1][-7:]), history, kind)  # pyright: ignore[reportArgumentType]


def _funnel(shown: Shown) -> list[Step]:
    names, counts, seconds = (shown.column(each) for each in ("Step", "Persons", "Median time"))
    return [Step(name.replace("_", " "), count, took) for name, count, took in zip(names, counts, seconds, strict=True)]


def _matrix(shown: Shown) -> dict[str, list[float | None]]:
    """Cohort -> ratios from period 0 on, up to the last period that is over for any of them."""
    over = [period for _, period, ratio in shown.rows if ratio is not None]
    cells: dict[str, list[float | None]] = {}
    for cohort, period, ratio in shown.rows:
        if period <= max(over, default=0):
            cells.setdefault(cohort, []).append(ratio)
    return cells


def _table(shown: Shown, zone: str) -> Table:
    """Columns have the units that they have in Grafana; a moment is written in the report zone."""
    units = {each["matcher"]["options"]: _unit(each["properties"]) for each in shown.panel["fieldConfig"]["overrides"]}
    kinds = [_kind(shown, name, units.get(name)) for name in shown.columns]
    columns = [Column(name, kind) for name, kind in zip(shown.columns, kinds, strict=True)]  # pyright: ignore[reportArgumentType]
    return Table(columns, [[_said(value, zone) for value in row] for row in shown.rows])


def _unit(properties: list[dict]) -> str | None:
    return next((each["value"] for each in properties if each["id"] == "unit"), None)


def _kind(shown: Shown, name: str, unit: str | None) -> str:
    values = [value for value in shown.column(name) if value is not None]
    is_number = bool(values) and all(isinstance(value, int | float) for value in values)
    return KINDS.get(unit or "locale", "text") if is_number else "text"


def _said(value: Any, zone: str) -> Any:
    return minute(value.replace(tzinfo=UTC), zone) if isinstance(value, datetime) else value


PAGE_SPEC = dg.AssetSpec(
    ["published", "overview"],
    deps=[dg.AssetKey(["published", "catalog"])],
    group_name="published",
    owners=[HOUSE.config.house.owner],
    kinds={"html"},
    description="One row per step, stage, cohort and source, drawn: data/overview.html, what the dashboards show of the last "
    "30 days, for whoever has no Grafana.",
)


@dg.multi_asset(name="published_overview", specs=[PAGE_SPEC], pool=POOL, description="Draws data/overview.html.")
def overview_page() -> dg.MaterializeResult:
    path = write(Settings(), HOUSE.config.house)
    return dg.MaterializeResult(metadata={"path": dg.MetadataValue.path(path), "bytes": path.stat().st_size})
