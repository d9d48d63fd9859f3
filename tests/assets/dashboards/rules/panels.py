"""What a panel must be."""

import re

from tests.assets.dashboards.rules.rule import DEFAULTS, FIRST, Complaints, put, rule
from tests.assets.dashboards.shown import Board


@rule(put(*FIRST, "id", value=2))
def each_panel_has_a_number_of_its_own(board: Board) -> Complaints:
    numbers = [panel.get("id") for panel in board.panels]
    if numbers != list(range(1, len(numbers) + 1)):
        yield str(numbers)


@rule(put(*FIRST, "title", value="persons."))
def each_panel_has_a_title_of_its_own(board: Board) -> Complaints:
    titles = [panel["title"] for panel in board.panels]
    yield from (title for title in titles if titles.count(title) > 1 or not re.fullmatch(r"[A-Z].*[^.\s]", title))


@rule(put(*FIRST, "description", value=""))
def each_panel_is_described_in_a_sentence(board: Board) -> Complaints:
    yield from (
        each["title"] for each in board.panels if not re.fullmatch(r"[A-Z].{20,}\.", each.get("description", ""))
    )


@rule(put(*FIRST, "type", value="graph"))
def each_panel_is_of_a_kind_that_is_known(board: Board) -> Complaints:
    known = {"stat", "timeseries", "barchart", "bargauge", "table", "state-timeline"}
    yield from (each["type"] for each in board.panels if each["type"] not in known)


@rule(put(*FIRST, "gridPos", value={"x": 20, "y": 0, "w": 8, "h": 4}))
def panels_lie_side_by_side_in_the_grid(board: Board) -> Complaints:
    taken: set[tuple[int, int]] = set()
    for panel in board.panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        if cells & taken or place["x"] + place["w"] > 24 or place["h"] < 4:
            yield panel["title"]
        taken |= cells


@rule(put(*DEFAULTS, "noValue", value=""))
def no_rows_are_said_in_words(board: Board) -> Complaints:
    yield from (title for title, column, settings in board.settings() if not column and not settings.get("noValue"))


@rule(put(*DEFAULTS, "unit", value=""))
def each_panel_has_a_unit(board: Board) -> Complaints:
    yield from (title for title, column, settings in board.settings() if not column and not settings.get("unit"))


@rule(put(*DEFAULTS, value={"unit": "percentunit", "noValue": "nothing"}))
def a_ratio_has_its_smallest_and_largest_value(board: Board) -> Complaints:
    for title, column, settings in board.settings():
        least = -1 if column == "Change" else 0  # which can grow without an end
        if settings.get("unit") == "percentunit" and settings.get("min") != least:
            yield f"{title}: {column} has no min"
        if settings.get("unit") == "percentunit" and column != "Change" and settings.get("max") != 1:
            yield f"{title}: {column} has no max"


@rule(
    put(
        *DEFAULTS,
        "thresholds",
        value={"mode": "absolute", "steps": [{"color": "green"}, {"color": "red", "value": 80}]},
    )
)
def nothing_turns_red_at_80(board: Board) -> Complaints:
    for title, column, settings in board.settings():
        if not column and len(settings["thresholds"]["steps"]) != 1:
            yield title


@rule(put(*FIRST, value={"title": "A", "type": "stat", "options": {"reduceOptions": {"calcs": ["mean"]}}}))
def a_number_is_the_last_one(board: Board) -> Complaints:
    for panel in board.panels:
        if panel["type"] == "stat" and panel["options"]["reduceOptions"]["calcs"] != ["lastNotNull"]:
            yield panel["title"]


@rule(put(*FIRST, value={"title": "A", "type": "bargauge", "options": {"reduceOptions": {"values": False}}}))
def a_bar_gauge_lies_and_has_a_bar_a_row(board: Board) -> Complaints:
    for panel in board.panels:
        if panel["type"] == "bargauge":
            options = panel["options"]
            if not options["reduceOptions"]["values"] or options["orientation"] != "horizontal":
                yield panel["title"]


@rule(
    put(
        *FIRST, value={"title": "A", "type": "timeseries", "fieldConfig": {"defaults": {"custom": {"spanNulls": True}}}}
    )
)
def a_line_has_gaps_where_there_is_nothing(board: Board) -> Complaints:
    for panel in board.panels:
        if panel["type"] == "timeseries" and panel["fieldConfig"]["defaults"]["custom"].get("spanNulls") is not False:
            yield panel["title"]


@rule(put(*FIRST, value={"title": "A", "type": "timeseries", "options": {"legend": {"showLegend": False}}}))
def lines_are_named_below_and_told_together(board: Board) -> Complaints:
    for panel in board.panels:
        if panel["type"] == "timeseries":
            options = panel["options"]
            if not options["legend"]["showLegend"] or options["tooltip"]["mode"] != "multi":
                yield panel["title"]


@rule(put(*FIRST, "transformations", value=[{"id": "groupingToMatrix", "options": {"emptyValue": "zero"}}]))
def a_cell_without_a_row_is_empty(board: Board) -> Complaints:
    for panel in board.panels:
        for each in panel.get("transformations", []):
            if each["id"] == "groupingToMatrix" and each["options"]["emptyValue"] != "null":
                yield panel["title"]
