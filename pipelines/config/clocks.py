"""Times of day and time zones as people write them."""

from datetime import time
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator

from pipelines.config.yaml_lines import nearest


def _clock(value: Any) -> Any:
    """'08:00'; YAML reads a bare 08:00 as a number of minutes, which is refused with the cure."""
    if isinstance(value, str):
        return time.fromisoformat(value)
    raise ValueError(f"{value!r} is no time of day; write it in quotes, such as '08:00'")


def _zone(name: str | None) -> str | None:
    if name is not None and name not in available_timezones():
        raise ValueError(f"'{name}' is no IANA time zone; {nearest(name, available_timezones())[:200]}")
    return name


Clock = Annotated[time, BeforeValidator(_clock)]
Zone = Annotated[str | None, AfterValidator(_zone)]
