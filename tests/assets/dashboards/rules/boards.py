"""What the whole of a dashboard must be."""

import re

from pipelines.grafana.boards import uid_of
from tests.assets.dashboards.rules.rule import Complaints, put, rule
from tests.assets.dashboards.shown import Board, boards
from tests.houses import checkout


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
