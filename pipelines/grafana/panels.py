"""The panels that dashboards are made of, each with what the house wants of every one: description, unit, a word for no rows."""

from collections.abc import Mapping
from typing import TypeVar

from grafana_foundation_sdk.builders import common, dashboard
from grafana_foundation_sdk.builders.barchart import Panel as BarChart
from grafana_foundation_sdk.builders.bargauge import Panel as BarGauge
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.statetimeline import Panel as StateTimeline
from grafana_foundation_sdk.builders.table import Panel as Table
from grafana_foundation_sdk.builders.timeseries import Panel as TimeSeries
from grafana_foundation_sdk.models import common as c
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    FieldColorModeId,
    MatcherConfig,
    Threshold,
    ThresholdsMode,
)

from pipelines.grafana.fields import BLUE, COUNT, GREEN, RATIO, TEXT, Settings, unit_of, width
from pipelines.grafana.place import Place
from pipelines.grafana.queries import Query, source_of

NO_ROWS = "nothing in this range"
Columns = Mapping[str, Settings]
Size = tuple[int, int]  # width and height in the grid's units: 24 make a line
P = TypeVar("P", Stat, TimeSeries, BarChart, BarGauge, Table, StateTimeline)


class Panels:
    """Makes panels for one place.

    sql: one SELECT over one published table, the same for both engines. unit: of its numbers; columns: name -> settings of
    those that differ. no_rows: what stands there when it answers nothing.
    """

    def __init__(self, place: Place, no_rows: str = NO_ROWS) -> None:
        self._place, self._no_rows = place, no_rows

    def or_else(self, no_rows: str) -> "Panels":
        return Panels(self._place, no_rows)

    def number(self, title: str, description: str, sql: str, unit: str = COUNT, size: Size = (4, 4)) -> Stat:
        """The last row's numbers, large; with a column `time` the rows before are a line behind."""
        panel = self._made(Stat(), title, description, sql, unit, {}, size)
        panel = panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
        return panel.graph_mode(c.BigValueGraphMode.AREA).color_scheme(_fixed(BLUE))

    def series(
        self,
        title: str,
        description: str,
        sql: str,
        unit: str = COUNT,
        columns: Columns | None = None,
        size: Size = (12, 8),
    ) -> TimeSeries:
        """A line a column over `time`."""
        panel = self._made(TimeSeries(), title, description, sql, unit, columns or {}, size)
        return panel.tooltip(_all_at_once()).legend(_legend()).span_nulls(False).line_width(2)

    def named(self, title: str, description: str, sql: str, unit: str = COUNT, size: Size = (12, 8)) -> TimeSeries:
        """A line a value of the column of text: rows of time, name, number."""
        apart = DataTransformerConfig(id_val="prepareTimeSeries", options={"format": "multi"})
        return self.series(title, description, sql, unit, size=size).with_transformation(apart)

    def stacked(self, title: str, description: str, sql: str, columns: Columns, size: Size = (12, 8)) -> TimeSeries:
        """The columns of a moment upon each other."""
        panel = self.series(title, description, sql, columns=columns, size=size)
        panel = panel.draw_style(c.GraphDrawStyle.BARS).fill_opacity(80).line_width(0)
        return panel.stacking(common.StackingConfig().mode(c.StackingMode.NORMAL))

    def bars(self, title: str, description: str, sql: str, x: str, unit: str = COUNT, size: Size = (12, 8)) -> BarChart:
        """A bar a row and number, named by the column x."""
        panel = self._made(BarChart(), title, description, sql, unit, {}, size)
        return panel.x_field(x).legend(_legend()).tooltip(_all_at_once()).fill_opacity(80).color_scheme(_fixed(BLUE))

    def gauge(
        self, title: str, description: str, sql: str, columns: Columns | None = None, size: Size = (12, 8)
    ) -> BarGauge:
        """A horizontal bar a row, in the order of the rows."""
        panel = self._made(BarGauge(), title, description, sql, COUNT, columns or {}, size)
        rows = common.ReduceDataOptions().values(True).calcs([]).fields("").limit(50)
        panel = panel.reduce_options(rows).orientation(c.VizOrientation.HORIZONTAL).color_scheme(_fixed(BLUE))
        return panel.display_mode(c.BarGaugeDisplayMode.BASIC).show_unfilled(True).min(0)

    def table(
        self, title: str, description: str, sql: str, columns: Columns | None = None, size: Size = (24, 9)
    ) -> Table:
        panel = self._made(Table(), title, description, sql, COUNT, columns or {}, size)
        return panel.filterable(True).cell_height(c.TableCellHeight.SM)

    def shaded(
        self, title: str, description: str, sql: str, matrix: tuple[str, str, str], unit: str, size: Size = (24, 12)
    ) -> Table:
        """Rows turned into a table of two ways, its cells coloured by their number; one that no row is for stays empty.

        matrix: columns that give the lines, the columns and the cells.
        """
        line, column, cell = matrix
        columns = {f"{line}\\{column}": [*unit_of(TEXT), *width(150)]}
        panel = self._made(Table(), title, description, sql, unit, columns, size)
        panel = panel.cell_height(c.TableCellHeight.SM).cell_options(c.TableColoredBackgroundCellOptions())
        blues = dashboard.FieldColor().mode(FieldColorModeId.CONTINUOUS_BLUES)
        turned = {"rowField": line, "columnField": column, "valueField": cell, "emptyValue": "null"}
        panel = panel.with_transformation(DataTransformerConfig(id_val="groupingToMatrix", options=turned))
        return panel.decimals(0).color_scheme(blues)

    def states(self, title: str, description: str, sql: str, columns: Columns, size: Size = (24, 4)) -> StateTimeline:
        """Since `time` each column of text is what it says, until the next row."""
        panel = self._made(StateTimeline(), title, description, sql, TEXT, columns, size)
        panel = panel.merge_values(True).show_value(c.VisibilityMode.AUTO)
        return panel.row_height(0.8).fill_opacity(70).legend(_legend())

    def _made(self, panel: P, title: str, description: str, sql: str, unit: str, columns: Columns, size: Size) -> P:
        made = panel.title(title).description(description).span(size[0]).height(size[1]).unit(unit)
        made = made.datasource(source_of(self._place.engine)).with_target(Query(self._place.engine, sql))
        made = made.no_value(self._no_rows).thresholds(_one_colour())
        made = made.min(0).max(1) if unit == RATIO else made
        for name, settings in columns.items():
            made = made.with_override(MatcherConfig("byName", name), settings)
        return made


def _legend() -> common.VizLegendOptions:
    made = common.VizLegendOptions().display_mode(c.LegendDisplayMode.LIST).placement(c.LegendPlacement.BOTTOM)
    return made.show_legend(True).calcs([])


def _all_at_once() -> common.VizTooltipOptions:
    return common.VizTooltipOptions().mode(c.TooltipDisplayMode.MULTI).sort(c.SortOrder.DESCENDING)


def _fixed(colour: str) -> dashboard.FieldColor:
    return dashboard.FieldColor().mode(FieldColorModeId.FIXED).fixed_color(colour)


def _one_colour() -> dashboard.ThresholdsConfig:
    """Grafana's own thresholds would turn everything over 80 red."""
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([Threshold(value=None, color=GREEN)])
