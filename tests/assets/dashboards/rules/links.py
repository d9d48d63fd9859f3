"""Marks over time, and where links lead."""

import re
from urllib.parse import parse_qsl, urlsplit

from tests.assets.dashboards.rules.reading import USED, columns_of
from tests.assets.dashboards.rules.rule import DEFAULTS, Complaints, add, put, rule
from tests.assets.dashboards.shown import Board, boards


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
