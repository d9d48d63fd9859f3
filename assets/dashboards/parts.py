"""What all dashboards of the house share: the way to a person's journey, and the marks over time."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from pipelines.grafana.boards import annotated, framed
from pipelines.grafana.fields import AMBER, BLUE, Settings, link, width
from pipelines.grafana.place import Place

STAGES = ("visitor", "signed_up", "activated", "active", "inactive", "resurrected")
STAGE_ORDER = f"case stage {' '.join(f'when {name!r} then {at}' for at, name in enumerate(STAGES))} end"
STAGE_COLOURS: dict[str, str] = dict(
    zip(STAGES, ("#8e8e8e", "#8ab8ff", "#5794f2", "#37872d", "#e0752d", "#b877d9"), strict=True)
)

PERSON = "Person"  # a column of this name leads to the journey

FAILED_DEPLOYMENTS = """
select failed_at as time, 'A deployment failed: ' || coalesce(error, 'without a code') as text, 'deployment' as tags
from metrics.failures
where action = 'deployment' and $__timeFilter(failed_at)
order by failed_at desc, text
limit 200"""

# A run's span where it has ended, a mark where it has not
RUNS = """
select created_at as time, coalesce(ended_at, created_at) as timeend, job || ': ' || status as text, status as tags
from metrics.pipeline_runs
where $__timeFilter(created_at)
order by created_at desc, run_id
limit 200"""


def board(place: Place, name: str, title: str, description: str, since: str = "now-30d") -> Dashboard:
    made = framed(place, name, title, description, since)
    made = made.annotation(annotated(place, "Failed deployments", FAILED_DEPLOYMENTS, AMBER, is_shown=False))
    return made.annotation(annotated(place, "Runs", RUNS, BLUE, is_shown=False))


def to_journey() -> dict[str, Settings]:
    """Settings of a column with person_id."""
    url = "/d/trailhouse-journey?var-person=${__value.raw:percentencode}"
    return {PERSON: [*link("The person's journey", url), *width(200)]}


def to_board(name: str, title: str, variables: str = "") -> Settings:
    """variables: what the other dashboard is to choose, as in a URL."""
    return link(title, f"/d/trailhouse-{name}?{variables}${{__url_time_range}}")
