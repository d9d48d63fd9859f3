"""What a column of a panel looks like: units, colours, links. Each is a list of settings for one column."""

from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue as Setting

COUNT, RATIO, SECONDS, TEXT = units.LocaleFormat, units.PercentUnit, units.Seconds, units.String
MOMENT, AGO, NUMBER = "dateTimeAsIso", "dateTimeFromNow", units.Number
GREEN, AMBER, RED, BLUE, GREY = "green", "orange", "red", "blue", "#8e8e8e"

Settings = list[Setting]


def unit_of(name: str) -> Settings:
    """A ratio goes from 0 to 1."""
    bounds = [Setting("min", 0), Setting("max", 1)] if name == RATIO else []
    return [Setting("unit", name), *bounds]


def change() -> Settings:
    """A ratio that can fall to nothing, and grow without an end."""
    return [Setting("unit", RATIO), Setting("min", -1)]


def width(pixels: int) -> Settings:
    return [Setting("custom.width", pixels)]


def coloured(mode: str = "color-background", scheme: str = "continuous-blues") -> Settings:
    """The cell's colour says how large its number is."""
    return [Setting("custom.cellOptions", {"type": mode, "mode": "basic"}), Setting("color", {"mode": scheme})]


def colour(name: str) -> Settings:
    return [Setting("color", {"mode": "fixed", "fixedColor": name})]


def told(colours: dict[str, str]) -> Settings:
    """Words in colours of their own."""
    options = {value: {"color": name, "index": at} for at, (value, name) in enumerate(colours.items())}
    return [
        Setting("mappings", [{"type": "value", "options": options}]),
        Setting("custom.cellOptions", {"type": "color-text"}),
    ]


def link(title: str, url: str) -> Settings:
    return [Setting("links", [{"title": title, "url": url, "targetBlank": False}])]
