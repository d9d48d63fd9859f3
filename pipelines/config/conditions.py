"""When a monitor's number is one that somebody must know: the typed form.

What it means of a number belongs to pipelines.monitors.conditions.
"""

from typing import Literal

from pydantic import Field, model_validator

from pipelines.config.durations import Duration
from pipelines.config.entries import Part

SERIES = ("unusual", "relative")  # need the column local_date: the number of each date


class Unusual(Part):
    """Further from the median of the same weekday of so many weeks than so many MADs (scaled to a standard deviation).

    least: a smaller distance than this never counts, however even the weeks were.
    """

    deviations: float = Field(default=4, gt=0)
    weeks: int = Field(default=8, ge=3, le=52)
    least: float = Field(default=0, ge=0)


class Relative(Part):
    """Against the median of the dates of the period before: lower or higher by this share of it."""

    falls: float | None = Field(default=None, gt=0, le=1)
    rises: float | None = Field(default=None, gt=0)
    against: Duration

    @model_validator(mode="after")
    def _has_a_direction(self) -> "Relative":
        if self.falls is None and self.rises is None:
            raise ValueError("write falls or rises, a share such as 0.3")
        return self


class Condition(Part):
    """One of them. above, below: a number, or the column of the query that has it."""

    above: float | str | None = None
    below: float | str | None = None
    changed: Literal[True] | None = None
    absent: Literal[True] | None = None
    unusual: Unusual | None = None
    relative: Relative | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Condition":
        if len(self.model_fields_set) != 1:
            raise ValueError("write one of above, below, changed, absent, unusual, relative")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """What the query must give beside its labels and `value`."""
        named = tuple(each for each in (self.above, self.below) if isinstance(each, str))
        return (*named, *(("local_date",) if self.is_of_a_series else ()))

    @property
    def is_of_a_series(self) -> bool:
        return any(getattr(self, name) is not None for name in SERIES)
