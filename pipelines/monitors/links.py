"""Where a message leads. Nothing where no address is set."""

from dataclasses import dataclass
from urllib.parse import quote

from pipelines.config.monitors import Monitor
from pipelines.settings import Settings


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses without a slash at their end; None: not set."""

    grafana: str | None = None
    dagster: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Links":
        return cls(*(each.rstrip("/") if each else None for each in (settings.grafana_url, settings.dagster_url)))

    def journey(self, person: str) -> str:
        """The person's page, or the command that shows it."""
        if self.grafana is None:
            return f"trailhouse person {person}"
        return f"{self.grafana}/d/trailhouse-journey?var-person={quote(person, safe='')}"

    def lines(self, name: str, monitor: Monitor) -> list[str]:
        """One line each: Grafana, Dagster, the corrector, and those that the monitor names."""
        found = {}
        if self.grafana and monitor.grafana:
            found["Grafana"] = f"{self.grafana}/d/trailhouse-{monitor.grafana}"
        if self.dagster:
            found["Dagster"] = f"{self.dagster}/assets/monitors/{name}"
        if self.dagster and monitor.corrector:
            found["Corrector"] = f"{self.dagster}/locations/warehouse/jobs/correct_{monitor.corrector}"
        return [f"{title}: {address}" for title, address in (found | monitor.links).items()]
