"""Where a dashboard will stand: before which engine, and what the house calls a date; with it the parts of SQL that need both."""

from dataclasses import dataclass
from datetime import date

from pipelines.grafana.engines import Engine


@dataclass(frozen=True, slots=True)
class Place:
    """zone: the report zone, in which local dates and all panels are. first_date: where 'all time' begins.

    Only what both engines know in the same words is used; Grafana's own $__timeGroup is none of it.
    """

    engine: Engine
    zone: str
    first_date: date

    @property
    def from_date(self) -> str:
        """Local date on which the dashboard's range begins."""
        return self._local("$__timeFrom()")

    @property
    def to_date(self) -> str:
        return self._local("$__timeTo()")

    def within(self, column: str) -> str:
        """Condition: the local date is one that the range touches."""
        return f"{column} between {self.from_date} and {self.to_date}"

    def starts(self, column: str) -> str:
        """The moment at which a local date begins, UTC, as a panel's axis needs it."""
        return f"cast({column} as timestamp) at time zone '{self.zone}' at time zone 'UTC'"

    def _local(self, moment: str) -> str:
        return f"cast(cast({moment} as timestamptz) at time zone '{self.zone}' as date)"


def chosen(variable: str) -> str:
    """The value of a dashboard's variable as an SQL literal. Its form is named, for the two plugins' own defaults differ."""
    return f"${{{variable}:sqlstring}}"
