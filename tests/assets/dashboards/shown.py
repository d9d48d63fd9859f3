"""The dashboards as Grafana gets them, taken apart."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from assets.dashboards.boards import BOARDS, place_of
from pipelines.grafana.engines import DUCKDB, POSTGRES, Engine
from pipelines.grafana.files import built
from pipelines.grafana.queries import SOURCE
from tests.houses import checkout

Json = dict[str, Any]
TYPED = "app/user/u-000001"  # who is looked for where a person is typed


@dataclass(frozen=True)
class Board:
    engine: Engine
    name: str
    made: Json

    @property
    def panels(self) -> list[Json]:
        return self.made["panels"]

    @property
    def variables(self) -> list[Json]:
        return self.made["templating"]["list"]

    @property
    def annotations(self) -> list[Json]:
        return self.made["annotations"]["list"]

    def targets(self) -> Iterator[tuple[str, Json]]:
        """(where it stands, query) of panels and annotations."""
        for panel in self.panels:
            yield from ((panel["title"], target) for target in panel["targets"])
        yield from ((each["name"], each["target"]) for each in self.annotations)

    def texts(self) -> Iterator[tuple[str, str]]:
        """(where it stands, SQL) of everything that is asked."""
        yield from ((where, target["rawSql"]) for where, target in self.targets())
        yield from ((each["name"], each["query"]) for each in self.variables if each["type"] == "query")

    def settings(self) -> Iterator[tuple[str, str | None, Json]]:
        """(panel, column or None for all of them, what is set)."""
        for panel in self.panels:
            yield panel["title"], None, panel["fieldConfig"]["defaults"]
            for each in panel["fieldConfig"]["overrides"]:
                yield panel["title"], each["matcher"]["options"], {s["id"]: s["value"] for s in each["properties"]}

    def links(self) -> Iterator[tuple[str, str]]:
        """(where it stands, address) of the dashboard's links and those of cells."""
        yield from (("the dashboard", each["url"]) for each in self.made["links"] if each["type"] == "link")
        for title, _, settings in self.settings():
            yield from ((title, each["url"]) for each in settings.get("links", []))

    def edited(self, made: Json) -> "Board":
        return replace(self, made=made)


@cache
def boards() -> dict[tuple[str, str], Board]:
    """(engine, name) -> dashboard, built once in a test process."""
    house = checkout().config.house
    return {
        (engine.name, name): Board(engine, name, built(dashboard(place_of(house, engine))))
        for engine in (DUCKDB, POSTGRES)
        for name, dashboard in BOARDS.items()
    }


def is_ours(source: Json | None, engine: Engine) -> bool:
    return source == {"type": engine.plugin, "uid": SOURCE}
