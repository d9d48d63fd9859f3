"""Everything that is asked, asked through a Grafana: of one on loopback always, of a real one with GRAFANA_URL and GRAFANA_TOKEN.

    GRAFANA_URL=… GRAFANA_TOKEN=… .venv/bin/python -m pytest -m grafana tests/assets/dashboards

after `trailhouse grafana push`, or with the files in grafana/ provisioned: it reads by the data source that is there.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from assets.dashboards.boards import rules_of
from pipelines.grafana.asking import chosen
from pipelines.grafana.engines import DUCKDB, ENGINES
from pipelines.grafana.macros import Range
from pipelines.grafana.push.wanted import Wanted
from pipelines.settings import Settings
from tests.assets.dashboards.engines import KINDS, Answer, Files
from tests.assets.dashboards.shown import TYPED, boards
from tests.assets.dashboards.test_queries import ALL_TIME, BOARDS, answers
from tests.assets.dashboards.test_queries import chosen as chosen_of
from tests.assets.dashboards.through import Through, answering, asking, questions, through
from tests.grafana.conftest import pushed
from tests.grafana.conftest import server as server  # the same fixtures
from tests.grafana.conftest import small as small
from tests.grafana.conftest import wanted as wanted
from tests.grafana.server import Server
from tests.needs import needs_grafana

NOW = datetime.now(UTC)
SPANS = {"a day": Range(NOW - timedelta(days=1), NOW), "ten years": Range(NOW - timedelta(days=3650), NOW)}


@pytest.fixture
def loopback(server: Server, small: Wanted, no_files: Files) -> Iterator[Through]:
    pushed(server, small)
    server.query = answering(server, DUCKDB, no_files)
    with through(server.url, server.token, DUCKDB) as opened:
        yield opened


@pytest.fixture(params=["loopback", pytest.param("real", marks=[pytest.mark.grafana, needs_grafana])])
def grafana(request: pytest.FixtureRequest) -> Iterator[Through]:
    if request.param == "loopback":
        yield request.getfixturevalue("loopback")
    else:
        settings = Settings()
        token = settings.grafana_token.get_secret_value() if settings.grafana_token else ""
        with through(settings.grafana_url or "", token, ENGINES[settings.grafana_source]) as opened:
            yield opened


def expected(name: str, no_files: Files) -> dict[str, dict[str, str]]:
    """Column -> what a panel draws of it, of everything asked: those of a warehouse without events."""
    board = boards()[DUCKDB.name, name]
    found = answers(board, no_files, chosen_of(board, no_files, ALL_TIME), ALL_TIME)
    return {where: {name: KINDS[kind] for name, kind in each.columns.items()} for where, each in found.items()}


def agree(answer: Answer, columns: dict[str, str]) -> bool:
    """A data source may leave out the columns where there are no rows."""
    return answer.columns == columns or (not answer.rows and not answer.columns)


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
@pytest.mark.parametrize("name", BOARDS)
def test_everything_that_a_dashboard_asks_is_answered(grafana: Through, name: str, span: Range, no_files: Files):
    board = boards()[grafana.engine.name, name]
    typed = {each["name"]: TYPED for each in board.variables if each["name"] == "person"}
    values = chosen(board.made, board.engine, lambda sql: grafana.rows(sql, span), span, typed)
    columns = expected(name, no_files)
    found = {where: grafana.answer(query, values, span) for where, query in questions(board)}
    assert {where: each.columns for where, each in found.items() if not agree(each, columns[where])} == {}


def test_so_is_every_alert_rule(grafana: Through):
    made = {name: board.made for (engine, name), board in boards().items() if engine == grafana.engine.name}
    for rule in rules_of(grafana.engine, made):
        [query] = [each["model"] for each in rule["data"] if "rawSql" in each["model"]]
        answer = grafana.answer(query, {}, SPANS["a day"])
        kinds = list(answer.columns.values())
        is_drawn = kinds.count("number") == 1 and set(kinds) <= {"number", "text"}
        assert is_drawn or not (answer.columns or answer.rows), rule["title"]


BROKEN = {
    "a column that is not there": ("select nothing from metrics.daily", "nothing"),
    "a macro that the plugin does not know": (
        "select $__timeGroup(local_date, '1d') from metrics.daily",
        "syntax error",
    ),
}


@pytest.mark.parametrize(("sql", "words"), BROKEN.values(), ids=BROKEN)
def test_what_a_data_source_refuses_is_told(loopback: Through, sql: str, words: str):
    with pytest.raises(AssertionError, match=words):
        loopback.rows(sql, SPANS["a day"])


def test_a_format_that_the_plugin_does_not_take_is_refused(loopback: Through):
    with pytest.raises(AssertionError, match=r"400: .*within the plugin"):
        loopback.answer(asking(DUCKDB, "select 1") | {"format": "table"}, {}, SPANS["a day"])


def test_a_column_of_another_kind_is_noticed():
    answer = Answer({"day": "text"}, [("2026-11-01",)])
    assert agree(answer, {"day": "text"}) and not agree(answer, {"day": "time"})
