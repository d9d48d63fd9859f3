"""What is asked of which data source, by which variables."""

import json

from tests.assets.dashboards.rules.reading import USED
from tests.assets.dashboards.rules.rule import FIRST, Complaints, add, put, rule
from tests.assets.dashboards.shown import Board, is_ours

BUILT_IN = {"__url_time_range", "__value.raw"}


@rule(put("templating", "list", 0, "current", "value", value="another"))
def the_data_source_is_chosen_by_a_variable(board: Board) -> Complaints:
    found = [each for each in board.variables if each["type"] == "datasource"]
    if [(each["name"], each["query"], each["current"]["value"]) for each in found] != [
        ("warehouse", board.engine.plugin, "warehouse")
    ]:
        yield str(found)


@rule(put(*FIRST, "datasource", "uid", value="warehouse"))
def everything_reads_the_chosen_data_source(board: Board) -> Complaints:
    asking = [(each["title"], each) for each in board.panels] + [(each["name"], each) for each in board.annotations]
    asking += [(each["name"], each) for each in board.variables if each["type"] == "query"]
    for where, each in [*asking, *board.targets()]:
        if not is_ours(each.get("datasource"), board.engine):
            yield where


@rule(put(*FIRST, "targets", 0, "format", value="time_series"))
def rows_are_asked_for_in_the_plugin_s_own_word(board: Board) -> Complaints:
    yield from (where for where, target in board.targets() if target["format"] != board.engine.table_format)


@rule(put(*FIRST, "targets", value=[]))
def each_panel_asks_one_question(board: Board) -> Complaints:
    for panel in board.panels:
        if [(each["refId"], each.get("hide", False)) for each in panel["targets"]] != [("A", False)]:
            yield panel["title"]


@rule(put("templating", "list", 1, "description", value=""))
def each_variable_is_labelled_and_described(board: Board) -> Complaints:
    yield from (each["name"] for each in board.variables if not each.get("label") or not each.get("description"))


@rule(lambda made: made["templating"]["list"].append({"name": "colour", "type": "custom", "query": "red"}))
def each_variable_is_used(board: Board) -> Complaints:
    text = json.dumps(
        [board.panels, board.annotations, board.made["links"], [each["query"] for each in board.variables]]
    )
    names = {found[1] for found in USED.finditer(text)}
    yield from (each["name"] for each in board.variables if each["name"] not in names)


@rule(add(" and '${colour:sqlstring}' = ''"))
def each_variable_that_is_used_is_there(board: Board) -> Complaints:
    there = {each["name"] for each in board.variables} | BUILT_IN
    text = json.dumps([board.panels, board.annotations, board.made["links"], board.variables])
    yield from ({found[1] for found in USED.finditer(text)} - there)


@rule(add(" and ${warehouse} = ''"))
def a_variable_in_sql_is_a_literal(board: Board) -> Complaints:
    for where, sql in board.texts():
        yield from (f"{where}: {found[0]}" for found in USED.finditer(sql) if found[2] != "sqlstring")


@rule(
    lambda made: made["templating"]["list"].append({"name": "a", "type": "query", "query": "", "refresh": 0, "sort": 1})
)
def a_variable_follows_the_range_in_the_query_s_order(board: Board) -> Complaints:
    for each in board.variables:
        if each["type"] == "query" and (each["refresh"], each["sort"], each.get("multi")) != (2, 0, False):
            yield each["name"]


@rule(
    lambda made: made["templating"]["list"].append(
        {"name": "a", "type": "custom", "query": "x,y", "current": {"value": "z"}, "options": []}
    )
)
def what_is_chosen_at_first_is_offered(board: Board) -> Complaints:
    for each in board.variables:
        values = [option["value"] for option in each.get("options", [])]
        if each["type"] == "custom" and (each["query"].split(",") != values or each["current"]["value"] not in values):
            yield each["name"]
