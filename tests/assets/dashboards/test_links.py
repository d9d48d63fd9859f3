"""What messages link to is there."""

from urllib.parse import parse_qsl, urlsplit

from pipelines.monitors.links import Links
from pipelines.warehouse import House
from tests.assets.dashboards.shown import Board, boards


def shown() -> dict[str, Board]:
    return {board.made["uid"]: board for board in boards().values()}


def test_every_dashboard_that_a_monitor_or_report_names_is_there(house: House):
    named = {each.grafana for each in [*house.config.monitors.values(), *house.config.reports.values()]} - {None}
    assert named and named <= {board.name for board in boards().values()}


def test_the_way_to_a_person_s_journey_leads_to_a_dashboard_that_takes_them():
    address = urlsplit(Links(grafana="http://grafana").journey("app/user/1"))
    board = shown()[address.path.removeprefix("/d/")]
    [(key, value)] = parse_qsl(address.query)
    assert (key.removeprefix("var-"), value) in {(each["name"], "app/user/1") for each in board.variables}
