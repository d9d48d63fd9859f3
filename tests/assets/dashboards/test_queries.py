"""Everything that a dashboard asks is answered by both engines, with the same columns and rows, for every range."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.grafana.asking import asked
from pipelines.grafana.asking import chosen as first_chosen
from pipelines.grafana.engines import DUCKDB, POSTGRES
from pipelines.grafana.macros import Range
from tests.assets.dashboards.conftest import LAST_MOMENT
from tests.assets.dashboards.engines import KINDS, Answer, Files, Server, are_equal
from tests.assets.dashboards.shown import TYPED, Board, boards

BOARDS = sorted({name for _, name in boards()})
RANGES = {
    "a day": Range(LAST_MOMENT - timedelta(days=1), LAST_MOMENT),
    "a week": Range(LAST_MOMENT - timedelta(days=7), LAST_MOMENT),
    "90 days": Range(LAST_MOMENT - timedelta(days=90), LAST_MOMENT),
    "all time": Range(datetime(2025, 1, 1, tzinfo=UTC), LAST_MOMENT),
}
ALL_TIME = RANGES["all time"]


def chosen(board: Board, files: Files, span: Range) -> dict[str, str]:
    """What Grafana would choose at first; a person is typed where one can be."""
    typed = {each["name"]: TYPED for each in board.variables if each["name"] == "person"}
    return first_chosen(board.made, board.engine, lambda sql: files.answer(sql).rows, span, typed)


def answers(board: Board, engine: Files | Server, values: dict[str, str], span: Range) -> dict[str, Answer]:
    return {where: engine.answer(asked(board.engine, sql, values, span)) for where, sql in board.texts()}


@pytest.mark.parametrize("span", RANGES.values(), ids=RANGES)
@pytest.mark.parametrize("name", BOARDS)
def test_both_engines_answer_the_same(name: str, span: Range, files: Files, tables: Server):
    values = chosen(boards()[DUCKDB.name, name], files, span)
    ours = answers(boards()[DUCKDB.name, name], files, values, span)
    theirs = answers(boards()[POSTGRES.name, name], tables, values, span)
    for where, answer in ours.items():
        assert answer.columns == theirs[where].columns, where
        assert set(answer.columns.values()) <= set(KINDS), where
        assert are_equal(answer.rows, theirs[where].rows), where


@pytest.mark.parametrize("name", BOARDS)
def test_a_warehouse_without_events_answers_with_the_same_columns(
    name: str, files: Files, no_files: Files, no_tables: Server
):
    full, empty = boards()[DUCKDB.name, name], boards()[POSTGRES.name, name]
    values = chosen(full, no_files, ALL_TIME)
    columns = {where: each.columns for where, each in answers(full, files, values, ALL_TIME).items()}
    assert {where: each.columns for where, each in answers(full, no_files, values, ALL_TIME).items()} == columns
    found = answers(empty, no_tables, values, ALL_TIME)
    assert {where: each.columns for where, each in found.items()} == columns
    assert max(len(each.rows) for each in found.values()) <= 1  # a count of nothing


@pytest.mark.parametrize("name", BOARDS)
def test_over_all_time_no_panel_is_empty(name: str, files: Files):
    """Or the test above would compare nothing with nothing."""
    board = boards()[DUCKDB.name, name]
    found = answers(board, files, chosen(board, files, ALL_TIME), ALL_TIME)
    assert {where for where, answer in found.items() if not answer.rows} == set()


@pytest.mark.parametrize("name", BOARDS)
def test_panels_get_what_they_can_draw(name: str, files: Files):
    board = boards()[DUCKDB.name, name]
    found = answers(board, files, chosen(board, files, ALL_TIME), ALL_TIME)
    for panel in board.panels:
        answer = found[panel["title"]]
        kinds = [KINDS[each] for each in answer.columns.values()]
        match panel["type"]:
            case "timeseries":
                moments = [row[0] for row in answer.rows]
                assert kinds[0] == "time" and set(kinds[1:]) <= {"number", "text"} and "number" in kinds, panel["title"]
                assert moments == sorted(moments), panel["title"]
                assert ("text" in kinds) == ("transformations" in panel), panel["title"]
            case "state-timeline":
                assert kinds[0] == "time" and set(kinds[1:]) == {"text"}, panel["title"]
            case "barchart" | "bargauge":
                assert kinds == ["text", "number"], panel["title"]
            case "stat":
                assert kinds in (["number"], ["time", "number"]), panel["title"]  # a moment alone would not be shown


def test_a_query_that_each_engine_understands_differently_is_found(files: Files, tables: Server):
    halves = "select event_count / 2 as half from metrics.daily where event_count % 2 = 1 order by 1 limit 1"
    ours, theirs = files.answer(halves), tables.answer(halves)
    assert ours.columns != theirs.columns and not are_equal(ours.rows, theirs.rows)
