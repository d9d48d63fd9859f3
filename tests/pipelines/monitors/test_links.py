from pipelines.monitors.links import Links
from tests.houses import settings_in
from tests.pipelines.monitors.outside import monitor

NAMED = monitor(grafana="deployments", corrector="projects", links={"Runbook": "https://example.com/runbook"})


def test_without_addresses_only_the_monitors_own_links_are_left(tmp_path):
    links = Links.of(settings_in(tmp_path))
    assert links.lines("high", NAMED) == ["Runbook: https://example.com/runbook"]
    assert links.journey("app/user/1") == "trailhouse person app/user/1"


def test_with_addresses_it_leads_to_grafana_dagster_and_the_corrector(tmp_path):
    links = Links.of(settings_in(tmp_path, grafana_url="http://grafana/", dagster_url="http://dagster"))
    assert links.lines("high", NAMED) == [
        "Grafana: http://grafana/d/trailhouse-deployments",
        "Dagster: http://dagster/assets/monitors/high",
        "Corrector: http://dagster/locations/warehouse/jobs/correct_projects",
        "Runbook: https://example.com/runbook",
    ]
    assert links.journey("app/user/<1>") == "http://grafana/d/trailhouse-journey?var-person=app%2Fuser%2F%3C1%3E"
