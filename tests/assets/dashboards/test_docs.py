"""docs/grafana.md lists the dashboards as they are."""

from pathlib import Path

import pytest

from pipelines.grafana.boards import uid_of
from tests.assets.dashboards.shown import boards

DOCS = (Path(__file__).parents[3] / "docs" / "grafana.md").read_text(encoding="utf-8")
LISTED = [line for line in DOCS.splitlines() if line.startswith("| ") and "`trailhouse-" in line.split("|")[1]]


@pytest.mark.parametrize("name", sorted({name for _, name in boards()}))
def test_every_dashboard_is_listed_with_its_variables_and_panels(name: str):
    board = boards()["duckdb", name]
    [(first, variables, panels)] = [
        [cell.strip() for cell in line.split("|")[1:4]] for line in LISTED if f"`{uid_of(name)}`" in line
    ]
    shown = [each["name"] for each in board.variables if each["name"] not in ("warehouse", "dagster")]
    assert first == f"{board.made['title']} `{uid_of(name)}`"
    assert [each for each in variables.split(", ") if each] == shown
    assert panels.replace("; ", ", ") == ", ".join(panel["title"] for panel in board.panels)


def test_no_other_one_is_listed():
    assert len(LISTED) == len({name for _, name in boards()})
