"""What a report's date spans, in the zone of its readers."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipelines.config.reports import Report

DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Span:
    """Local dates `first` to `last`, both included. `starts_at`, `ends_at`: UTC; days of 23 and 25 hours are what they are."""

    first: date
    last: date
    zone: str

    @property
    def starts_at(self) -> datetime:
        return _midnight(self.first, self.zone)

    @property
    def ends_at(self) -> datetime:
        return _midnight(self.last + timedelta(days=1), self.zone)

    def parameters(self) -> dict[str, date | datetime]:
        """As queries see them; moments without a zone, as the published tables have them."""
        moments = {"starts_at": self.starts_at, "ends_at": self.ends_at}
        dates = {"report_date": self.last, "first_date": self.first, "last_date": self.last}
        return dates | {name: moment.replace(tzinfo=None) for name, moment in moments.items()}


def span_of(report: Report, day: date, house_zone: str) -> Span:
    """day: the report's date; of a weekly report the first day of its week, as its partition is called."""
    return Span(day, day + timedelta(days=DAYS[report.every] - 1), report.zone or house_zone)


def last_over(report: Report, now: datetime, house_zone: str) -> date:
    """The latest date that is over: yesterday, or the Monday of the week before."""
    today = now.astimezone(ZoneInfo(report.zone or house_zone)).date()
    return today - timedelta(days=1 if report.every == "day" else today.weekday() + 7)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
