"""A dashboard's frame: name, range, zone, variables, links, annotations. Every dashboard of the house has the same."""

from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.builders.dashboard import (
    AnnotationQuery,
    CustomVariable,
    Dashboard,
    DashboardLink,
    DatasourceVariable,
    QueryVariable,
    TextBoxVariable,
    TimeOption,
    TimePicker,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableHide,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from pipelines.grafana.engines import UID
from pipelines.grafana.place import Place
from pipelines.grafana.queries import Query, source_of

TAG = "trailhouse"
DAGSTER = "dagster"  # the variable that holds where Dagster's pages are
DAGSTER_URL = "http://127.0.0.1:3000"
AGO = ("2d", "7d", "30d", "90d", "1y")
NAMES = {"2d": "Yesterday and today", "7d": "7 days", "30d": "30 days", "90d": "90 days", "1y": "A year"}
LONGEST_DESCRIPTION = 300


def uid_of(name: str) -> str:
    return f"{TAG}-{name}"


def framed(place: Place, name: str, title: str, description: str, since: str = "now-30d") -> Dashboard:
    """A dashboard without panels. Its links lead to the others, with the same range, and to Dagster."""
    board = Dashboard(title).uid(uid_of(name)).description(description).tags([TAG]).timezone(place.zone)
    board = board.time(since, "now").timepicker(_ranges(place)).tooltip(DashboardCursorSync.CROSSHAIR).readonly()
    board = board.with_variable(_source(place)).with_variable(_dagster()).week_start("monday").refresh("")
    others = DashboardLink("Trailhouse").type(DashboardLinkType.DASHBOARDS).tags([TAG]).keep_time(True)
    runs = DashboardLink("Dagster").url(f"${{{DAGSTER}}}").tooltip("Runs, assets and their history").target_blank(True)
    return board.link(others.as_dropdown(True)).link(runs.icon("external link"))


def asked(place: Place, name: str, label: str, description: str, sql: str, first: str | None = None) -> QueryVariable:
    """A variable whose values a query over one table tells, in its order; `first` is chosen at first, else the first value."""
    made = QueryVariable(name).label(label).description(description).datasource(source_of(place.engine)).query(sql)
    made = made.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.DISABLED).definition(sql)
    return made.current(_option(first)) if first else made


def offered(name: str, label: str, description: str, values: Sequence[str]) -> CustomVariable:
    """A variable with these values; the first is chosen at first."""
    options = [_option(value, is_first=value == values[0]) for value in values]
    made = CustomVariable(name).label(label).description(description).values(",".join(values))
    return made.current(options[0]).options(options).allow_custom_value(False)


def typed(name: str, label: str, description: str, value: str = "") -> TextBoxVariable:
    """A variable that a person types, or a link brings."""
    made = TextBoxVariable(name).label(label).description(description).default_value(value)
    return made.current(_option(value)).options([_option(value)])


def annotated(place: Place, name: str, sql: str, colour: str, is_shown: bool = True) -> AnnotationQuery:
    """Marks over all panels of time. sql answers with time, perhaps timeend, text and tags."""
    made = AnnotationQuery().name(name).datasource(source_of(place.engine)).enable(is_shown).icon_color(colour)
    return made.target(Query(place.engine, sql, "Anno"))


def _option(value: str, is_first: bool = True) -> VariableOption:
    return VariableOption(selected=is_first, text=value, value=value)


def _source(place: Place) -> DatasourceVariable:
    made = DatasourceVariable(UID).label("Data source").type(place.engine.plugin)
    return made.description("The published tables, or another copy of them.").current(_option(UID))


def _dagster() -> Any:
    made = typed(DAGSTER, "Dagster", "Address of Dagster's pages, for the links that lead there.", DAGSTER_URL)
    return made.hide(VariableHide.HIDE_VARIABLE)


def _ranges(place: Place) -> TimePicker:
    """From one day to all time; none of them asks again by itself more often than the tables are published."""
    today = TimeOption().display("Today").from_val("now/d").to("now")
    ago = [TimeOption().display(NAMES[each]).from_val(f"now-{each}/d").to("now") for each in AGO]
    ever = TimeOption().display("All time").from_val(f"{place.first_date}T00:00:00.000Z").to("now")
    return TimePicker().quick_ranges([today, *ago, ever]).refresh_intervals(["15m", "1h"])
