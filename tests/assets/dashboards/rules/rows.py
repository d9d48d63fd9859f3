"""What rows must look like for the panel that draws them."""

from sqlglot import exp

from tests.assets.dashboards.rules.reading import columns_of, parsed
from tests.assets.dashboards.rules.rule import FIRST, Complaints, put, rule, say
from tests.assets.dashboards.shown import Board


@rule(say("select source as s, event_count as n from metrics.daily"))
def rows_have_an_order(board: Board) -> Complaints:
    for where, sql in board.texts():
        query = parsed(sql)
        is_one_row = bool(query.find(exp.AggFunc)) and not query.args.get("group")
        is_lookup = "Where they stand" in where  # a person is in one stage
        if not query.args.get("order") and not is_one_row and not is_lookup:
            yield where


@rule(say("select person_id as p from metrics.failures order by person_id"))
def what_lists_persons_has_an_end(board: Board) -> Complaints:
    for where, sql in board.texts():
        query = parsed(sql)
        names_persons = any(
            each.name in ("person_id", "labels", "key") for each in query.selects[0].find_all(exp.Column)
        )
        is_few = query.args.get("limit") or query.args.get("group")
        if names_persons and not is_few:
            yield where


@rule(
    put(*FIRST, value={"title": "A", "type": "timeseries", "targets": [{"rawSql": "select 1 as n from metrics.daily"}]})
)
def a_line_begins_with_its_time(board: Board) -> Complaints:
    for panel in board.panels:
        if panel["type"] in ("timeseries", "state-timeline") and columns_of(panel["targets"][0]["rawSql"])[0] != "time":
            yield panel["title"]


@rule(
    put(
        *FIRST,
        "fieldConfig",
        "overrides",
        value=[{"matcher": {"id": "byName", "options": "No such"}, "properties": []}],
    )
)
def settings_are_of_columns_that_are_there(board: Board) -> Complaints:
    for panel in board.panels:
        columns = set(columns_of(panel["targets"][0]["rawSql"]))
        turned = [each["options"] for each in panel.get("transformations", []) if each["id"] == "groupingToMatrix"]
        columns |= {f"{each['rowField']}\\{each['columnField']}" for each in turned}
        named = {each["matcher"]["options"] for each in panel["fieldConfig"]["overrides"]}
        yield from (f"{panel['title']}: {each}" for each in named - columns)
