"""The page for whoever has no Grafana: the panels' own figures, drawn, harmless, and there before anything is."""

import re
from datetime import UTC, timedelta
from html import unescape

import dagster as dg
import pytest
from playwright.sync_api import sync_playwright

from assets.dashboards import page
from pipelines.grafana.asking import asked
from pipelines.grafana.engines import DUCKDB
from pipelines.grafana.macros import Range
from pipelines.published import ask
from pipelines.settings import Settings
from pipelines.warehouse import House, open_warehouse
from pipelines.words import number
from pipelines.work import run_all
from tests.assets.dashboards.engines import Files
from tests.assets.dashboards.shown import boards
from tests.assets.dashboards.test_queries import chosen
from tests.houses import settings_in, with_inputs
from tests.needs import chromium, needs_chromium


@pytest.fixture(scope="module")
def html(published: Settings, house: House) -> str:
    return page.page_of(published.published_folder, house.config.house)


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_figures_are_those_of_the_panels(html: str, published: Settings, files: Files):
    as_of = ask(published.published_folder, "select max(as_of) from published.tables")[1][0][0]
    until = as_of.replace(tzinfo=UTC)
    span = Range(until - timedelta(days=30), until)
    board = boards()[DUCKDB.name, "funnel"]
    asked_for = dict(board.texts())["How far they come"]
    rows = files.answer(asked(DUCKDB, asked_for, chosen(board, files, span), span)).rows
    shown = words(html)
    assert len(rows) > 3
    assert all(f"{name.replace('_', ' ')} {number(count)}" in shown for name, count in rows)


def test_it_has_funnel_stages_retention_and_freshness_in_pictures(html: str):
    assert re.findall(r"<h2>(.*?)</h2>", html)[1:5] == [
        "Funnel onboarding: how far they come",
        "Persons by stage",
        "Retention after sign up: who comes back, by week",
        "How fresh each source is",
    ]
    assert html.count("<svg") >= 10 and "no data" not in html
    assert "<script" not in html and "http" not in html.replace("http-equiv", "").replace(
        "http://www.w3.org/2000/svg", ""
    )


@needs_chromium
def test_a_browser_shows_it_at_any_width(html: str, tmp_path):
    path = tmp_path / "overview.html"
    path.write_text(html, encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        shown = browser.new_page()
        said: list[str] = []
        shown.on("console", lambda message: said.append(message.text))
        for width in (1200, 400):
            shown.set_viewport_size({"width": width, "height": 800})
            shown.goto(path.as_uri())
            assert shown.evaluate("document.documentElement.scrollWidth") <= width
        assert shown.locator("section").count() == 7 and not said
        browser.close()


def test_a_house_without_events_says_so(tmp_path, house: House):
    settings = settings_in(tmp_path)
    small = House(house.config, with_inputs(["metrics.freshness"], house.models))
    with open_warehouse(settings, small) as warehouse:
        run_all(warehouse)
    path = page.write(settings, house.config.house)
    assert "Nothing is published yet." in path.read_text()


def test_the_asset_says_where_the_page_is(html: str, published: Settings, environment, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRAILHOUSE_DATA", str(published.data_folder))
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([page.overview_page], instance=instance)
    [made] = result.asset_materializations_for_node(page.overview_page.op.name)
    assert made.metadata["path"].value == str(page.path_of(published))
    assert page.path_of(published).read_text() == html
