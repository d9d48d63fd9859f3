"""What every dashboard must be. A rule says what is wrong with one; `breaks` is a change that must make it say something."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import sqlglot
from sqlglot import exp

from assets.dashboards.boards import FOLDERS
from pipelines.contract import QUERY
from pipelines.grafana.boards import uid_of
from pipelines.grafana.files import text_of
from pipelines.models.lineage import parse_query, tables_read
from tests.assets.dashboards.shown import Board, Json, boards, is_ours
from tests.houses import checkout

Complaints = Iterator[str]
BUILT_IN = {"__url_time_range", "__value.raw"}
MACRO = re.compile(r"\$__\w+")
USED = re.compile(r"\$\{([\w.]+)(?::(\w+))?\}")
TYPES = {"DATE", "TIMESTAMP", "TIMESTAMPTZ", "BIGINT", "DOUBLE", "TEXT"}


@dataclass(frozen=True)
class Rule:
    name: str
    complaints: Callable[[Board], Complaints]
    breaks: Callable[[Json], object]


RULES: list[Rule] = []


def rule(breaks: Callable[[Json], object]) -> Callable[[Callable[[Board], Complaints]], Callable[[Board], Complaints]]:
    def kept(complaints: Callable[[Board], Complaints]) -> Callable[[Board], Complaints]:
        RULES.append(Rule(getattr(complaints, "__name__"), complaints, breaks))  # noqa: B009
        return complaints

    return kept


def put(*path: Any, value: Any) -> Callable[[Json], object]:
    """A change that puts a value at a place."""

    def change(made: Json) -> None:
        *way, last = path
        at: Any = made
        for step in way:
            at = at[step]
        at[last] = value

    return change


def say(sql: str) -> Callable[[Json], object]:
    """A change that lets the first panel ask something else."""
    return put("panels", 0, "targets", 0, "rawSql", value=sql)


def add(text: str) -> Callable[[Json], object]:
    """A change that adds something to what the first panel asks."""

    def change(made: Json) -> None:
        made["panels"][0]["targets"][0]["rawSql"] += text

    return change


FIRST = ("panels", 0)
DEFAULTS = (*FIRST, "fieldConfig", "defaults")


# the dashboard


@rule(put("uid", value="abc"))
def its_uid_is_its_file_s_name(board: Board) -> Complaints:
    if board.made["uid"] != uid_of(board.name):
        yield board.made["uid"]


@rule(put("id", value=7))
def grafana_gives_it_its_number_and_version(board: Board) -> Complaints:
    yield from (each for each in ("id", "version", "gnetId") if board.made.get(each) is not None)


@rule(put("title", value="Funnel"))
def its_title_is_no_other_one_s(board: Board) -> Complaints:
    others = {each.made["title"] for each in boards().values() if each.name != board.name}
    if board.made["title"] in others:
        yield board.made["title"]


@rule(put("tags", value=[]))
def it_has_the_house_s_tag(board: Board) -> Complaints:
    if board.made["tags"] != ["trailhouse"]:
        yield str(board.made["tags"])


@rule(put("description", value="numbers"))
def it_is_described_in_a_sentence(board: Board) -> Complaints:
    if not re.fullmatch(r"[A-Z].{20,}\.", board.made["description"]):
        yield board.made["description"]


@rule(put("schemaVersion", value=36))
def it_is_of_the_schema_that_is_tested(board: Board) -> Complaints:
    if board.made["schemaVersion"] != 42:
        yield str(board.made["schemaVersion"])


@rule(put("timezone", value="browser"))
def its_zone_is_the_report_zone(board: Board) -> Complaints:
    if board.made["timezone"] != checkout().config.house.report_timezone:
        yield board.made["timezone"]


@rule(put("refresh", value="5s"))
def it_asks_again_only_when_it_is_told_to(board: Board) -> Complaints:
    if board.made.get("refresh") or "5s" in board.made["timepicker"]["refresh_intervals"]:
        yield board.made["refresh"]


@rule(put("editable", value=True))
def it_is_not_edited_in_grafana(board: Board) -> Complaints:
    if board.made["editable"]:
        yield "editable"


@rule(put("timepicker", "quick_ranges", value=[]))
def its_ranges_go_from_one_day_to_all_time(board: Board) -> Complaints:
    offered = {each["from"]: each["display"] for each in board.made["timepicker"]["quick_ranges"]}
    first = checkout().config.house.first_received_date
    missing = {"now/d", "now-7d/d", "now-90d/d", f"{first}T00:00:00.000Z"} - set(offered)
    yield from missing


@rule(put("time", "from", value="now-5m"))
def it_opens_on_at_least_a_day(board: Board) -> Complaints:
    since = board.made["time"]
    if not re.fullmatch(r"now-\d+[dy]", since["from"]) or since["to"] != "now":
        yield str(since)


@rule(put("links", value=[]))
def it_leads_to_the_other_dashboards_and_to_dagster(board: Board) -> Complaints:
    links = board.made["links"]
    if not any(each["type"] == "dashboards" and each["tags"] == ["trailhouse"] and each["keepTime"] for each in links):
        yield "no link to the dashboards with the same range"
    if not any("dagster" in each.get("url", "") for each in links):
        yield "no link to Dagster"


# panels


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


# variables, annotations, links


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


@rule(put("annotations", "list", 0, "iconColor", value=""))
def marks_have_a_colour_and_a_switch(board: Board) -> Complaints:
    for each in board.annotations:
        if not each["iconColor"] or each["hide"] or each["builtIn"]:
            yield each["name"]


@rule(put("annotations", "list", 0, "target", "rawSql", value="select 1 as one from metrics.daily"))
def marks_have_a_time_and_a_text(board: Board) -> Complaints:
    yield from (
        each["name"] for each in board.annotations if not {"time", "text"} <= set(columns_of(each["target"]["rawSql"]))
    )


@rule(put(*DEFAULTS, "links", value=[{"title": "away", "url": "/d/trailhouse-nothing?var-person=1"}]))
def links_lead_somewhere_with_variables_that_are_there(board: Board) -> Complaints:
    there = {each.made["uid"]: each for each in boards().values() if each.engine == board.engine}
    for where, url in board.links():
        if url.startswith("${dagster}"):
            continue
        address = urlsplit(url)
        target = there.get(address.path.removeprefix("/d/"))
        if target is None:
            yield f"{where}: {url}"
            continue
        known = {each["name"] for each in target.variables}
        asked = {
            key.removeprefix("var-")
            for key, _ in parse_qsl(address.query, keep_blank_values=True)
            if key.startswith("var-")
        }
        yield from (f"{where}: {url}: no variable {each}" for each in asked - known)


@rule(put(*DEFAULTS, "links", value=[{"title": "raw", "url": "/d/trailhouse-journey?var-person=${__value.raw}"}]))
def what_a_link_carries_is_encoded(board: Board) -> Complaints:
    for where, url in board.links():
        yield from (
            f"{where}: {found[0]}"
            for found in USED.finditer(url)
            if found[1] == "__value.raw" and found[2] != "percentencode"
        )


@rule(add('; select person_id as "Person" from metrics.failures'))
def a_person_leads_to_their_journey(board: Board) -> Complaints:
    for panel in board.panels:
        if re.search(r"person_id as \"Person\"", panel["targets"][0]["rawSql"]):
            found = [
                url
                for title, column, settings in board.settings()
                for url in (each["url"] for each in settings.get("links", []))
                if (title, column) == (panel["title"], "Person")
            ]
            if not any(url.startswith("/d/trailhouse-journey?var-person=") for url in found):
                yield panel["title"]


# SQL


def columns_of(sql: str) -> list[str]:
    return [each.alias_or_name for each in parsed(sql).selects]


@cache
def parsed(sql: str) -> exp.Query:
    """Variables and macros are values to it. It is nobody's to change."""
    text = re.sub(r"\$__timeFilter\((\w+)\)", r"\1 = 'x'", USED.sub("'x'", sql))
    found = sqlglot.parse_one(MACRO.sub("'x'", text).replace("'x'()", "'x'"), read="postgres")
    assert isinstance(found, exp.Query), sql
    return found


@cache
def tables_of(sql: str) -> frozenset[str]:
    text = parsed(sql).sql("duckdb")
    return frozenset(tables_read(QUERY, text, parse_query(QUERY, text)))


@rule(say("select count(*) as n from metrics.daily join metrics.pages on true"))
def each_query_reads_one_published_table(board: Board) -> Complaints:
    public = {name for name, model in checkout().models.items() if model.header.public}
    for where, sql in board.texts():
        read = tables_of(sql)
        if len(read) != 1 or read - public:
            yield f"{where}: {sorted(read)}"


@rule(add("; select 1"))
def each_query_is_one_statement(board: Board) -> Complaints:
    yield from (where for where, sql in board.texts() if ";" in sql)


@rule(say("select $__timeGroup(time, '1h') as time from metrics.daily"))
def macros_are_those_that_both_plugins_know(board: Board) -> Complaints:
    for where, sql in board.texts():
        found = set(re.findall(r"\$__\w+(?:\([^)]*\))?", sql))
        wrong = {each for each in found if not re.fullmatch(r"\$__timeFilter\(\w+\)|\$__time(From|To)\(\)", each)}
        yield from (f"{where}: {each}" for each in wrong)


@rule(say("select count(*) as n from metrics.daily where local_date > current_date"))
def no_query_reads_a_clock(board: Board) -> Complaints:
    clocks = r"\b(now|current_date|current_timestamp|localtimestamp|clock_timestamp|today)\b"
    yield from (where for where, sql in board.texts() if re.search(clocks, sql, re.IGNORECASE))


@rule(say("select cast(local_date as hugeint) as n from metrics.daily"))
def types_are_those_that_both_engines_call_the_same(board: Board) -> Complaints:
    for where, sql in board.texts():
        kinds = {each.to.sql("duckdb").upper() for each in parsed(sql).find_all(exp.Cast)}
        yield from (f"{where}: {each}" for each in kinds - TYPES)


@rule(say("select local_date::varchar as d from metrics.daily"))
def casts_are_written_out(board: Board) -> Complaints:
    yield from (where for where, sql in board.texts() if "::" in sql)


@rule(say("select sum(event_count) as n from metrics.daily"))
def a_sum_says_its_type(board: Board) -> Complaints:
    """Of bigints it is another type in each engine, and text in the one's plugin."""
    for where, sql in board.texts():
        for each in parsed(sql).find_all(exp.Sum, exp.Avg):
            if not is_settled(each):
                yield f"{where}: {each.sql()}"


def is_settled(sum_: exp.Expr) -> bool:
    """It is cast, or part of a division whose other side is, or only orders."""
    around, inside = sum_.parent, sum_
    while around is not None and not isinstance(around, exp.Select):
        if isinstance(around, exp.Cast | exp.Order):
            return True
        if isinstance(around, exp.Div) and around.expression is inside and around.this.find(exp.Cast):
            return True
        around, inside = around.parent, around
    return False


@rule(say("select a / b as ratio from metrics.daily"))
def a_ratio_is_divided_as_a_double(board: Board) -> Complaints:
    """Whole numbers are cut by one engine and not by the other, except where they come out even."""
    for where, sql in board.texts():
        for each in parsed(sql).find_all(exp.Div):
            is_whole = isinstance(each.parent, exp.Cast) and isinstance(each.expression, exp.Literal)
            if not is_whole and not isinstance(each.this, exp.Cast):
                yield f"{where}: {each.sql()}"


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


# the file


@rule(put("uid", value="trailhouse-moved"))
def its_file_is_what_it_would_become(board: Board) -> Complaints:
    path = Path(__file__).parents[3] / FOLDERS[board.engine.name] / "dashboards" / f"{board.name}.json"
    if not path.exists() or path.read_text() != text_of(board.made):
        yield f"{path}: run `trailhouse grafana build`"


@rule(put("description", value="Ask somebody@example.com at /home/somebody about the password."))
def it_holds_no_address_of_a_person_or_a_machine(board: Board) -> Complaints:
    yield from re.findall(r"[\w.]+@[\w.]+\w|/home/\w+|/work/\w+|password", text_of(board.made))
